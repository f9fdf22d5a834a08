import { LabError } from "../../errors.ts";
import { program } from "../../plan/programs.ts";
import { headscaleNodes } from "../../running/headscale.ts";
import type { RunningLab } from "../../running/running-lab.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { policySetting, script } from "../settings.ts";

export const policyFaults: readonly FaultKind[] = [
  lasting({
    kind: "policy",
    targets: ["deny"],
    needs: "a policy, or two nodes of which one may use the other",
    example: "policy laptop server",
    async steps(lab, { deny, policy }) {
      return [
        policySetting(
          deny === undefined
            ? JSON.stringify(policy, null, 2)
            : { edit: await withoutPair(lab, deny) },
        ),
      ];
    },
  }),
];

/** Shell that makes a policy of another. */
async function withoutPair(
  lab: RunningLab,
  { from, to }: { from: string; to: string },
): Promise<string> {
  const known = await headscaleNodes(lab);
  const members = known.map((node) => ({
    name: lab.nodes.some(({ name }) => name === node.givenName) ? node.givenName : node.name,
    ips: node.addresses,
    user: node.user,
    tags: node.tags,
  }));
  const others = lab
    .ofKind("host")
    .map(({ name, spec }) => ({ name, ips: spec.addresses, user: null, tags: [] }));
  const nodes = [...members, ...others];
  const stranger = [from, to].find((name) => !nodes.some((node) => node.name === name));
  if (stranger !== undefined) {
    throw new LabError("NodeNotFound", "no policy is about it", {
      where: stranger,
      remedy: "name a node with Tailscale that has joined, or a host",
    });
  }
  const routes = known.flatMap(({ approvedRoutes }) => approvedRoutes);
  return denyPair({ nodes, from, to, routes: routes.filter((route) => !/\/0$/.test(route)) });
}

interface Pair {
  nodes: readonly {
    name: string;
    ips: readonly string[];
    user: string | null;
    tags: readonly string[];
  }[];
  /** Prefixes behind subnet routers. */
  routes: readonly string[];
  from: string;
  to: string;
}

/** Shell that takes what lets one node use the other out of a policy on its standard input. */
export function denyPair({ nodes, routes, from, to }: Pair): string {
  return script("deny-pair.sh", {
    nodes: JSON.stringify(nodes),
    routes: JSON.stringify(routes),
    from,
    to,
    hujson: program("hujson.pl"),
    program: program("deny-pair.jq"),
  });
}
