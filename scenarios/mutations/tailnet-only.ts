import type { LoadedTopology } from "../../lab/topology/load.ts";
import { withNode } from "./breakage.ts";
import type { Mutation } from "./mutation.ts";
import { openPolicy } from "./policy.ts";

const scenario = "tailnet-only";

export const tailnetOnlyMutations: readonly Mutation[] = [
  {
    name: "published-not-served",
    scenario,
    test: "a published service is reached",
    because:
      /laptop to server:80 over tcp by ipv4\nexpected: reached, seen from 100\.64\.0\.\d+\nseen: +refused/,
    applied: async (lab) => {
      const server = lab.node("server");
      await server.output(["tailscale", "serve", "--tcp=80", "off"]);
      const again = ["--bg", "--tcp=80", "--proxy-protocol=1", "tcp://127.0.0.1:80"];
      return async () => {
        await server.output(["tailscale", "serve", ...again]);
      };
    },
  },
  {
    name: "published-without-caller",
    scenario,
    test: "a published service is reached",
    because: /expected: reached, seen from 100\.64\.0\.\d+\nseen: +reached, seen from 127\.0\.0\.1/,
    planned: (plan) => ({
      ...plan,
      containers: plan.containers.map((container) => ({
        ...container,
        files: container.files.map((file) => ({
          ...file,
          content: file.content.replace("real_ip_header proxy_protocol;", ""),
        })),
      })),
    }),
  },
  {
    name: "published-to-lan",
    scenario,
    test: "its LAN is refused",
    because: /10\.20\.0\.10:80 over tcp\nexpected: refused\nseen: +connected/,
    declared: withoutServe,
  },
  {
    name: "published-to-everyone",
    scenario,
    test: "the policy says who may use it",
    because: /phone to server:80 over tcp\n.*\nseen: +an attempt ended as "reached"/,
    applied: openPolicy,
  },
];

/** The same services, and the machine's LAN may use all of them. */
function withoutServe(loaded: LoadedTopology): LoadedTopology {
  const services = loaded.topology.nodes.server?.services ?? [];
  return withNode(loaded, "server", {
    services: services.map((service) =>
      "tailnetOnly" in service ? { ...service, tailnetOnly: false } : service,
    ),
  });
}
