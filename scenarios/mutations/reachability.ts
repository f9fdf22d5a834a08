import { dnsOff, withDns, withNode, withoutService } from "./breakage.ts";
import type { Mutation } from "./mutation.ts";
import { applyGrants, openPolicy } from "./policy.ts";
import { loseControl, removeProgram, restart } from "./running.ts";

const scenario = "reachability";
const allowed = "all that the policy allows is reached";

export const reachabilityMutations: readonly Mutation[] = [
  {
    name: "reach-grant-missing",
    scenario,
    test: allowed,
    because: /otherwise\n {2}server to exit:7 over tcp by ipv4: timeout/,
    // They still see each other: only the filter is in the way.
    applied: (lab) =>
      applyGrants(lab, (grants) =>
        grants.map((grant) =>
          grant.src.includes("tag:server") ? { ...grant, ip: ["tcp:81"] } : grant,
        ),
      ),
  },
  {
    name: "reach-dns-off",
    scenario,
    test: allowed,
    because: /laptop to server:80 over tcp by name: unresolved/,
    declared: (loaded) => withDns(loaded, dnsOff),
  },
  {
    name: "reach-service-not-listening",
    scenario,
    test: allowed,
    because: /laptop to phone:7 over udp by ipv6: refused/,
    planned: (plan) => withoutService(plan, "phone", "udp-echo", 7),
  },
  {
    name: "reach-service-on-another-port",
    scenario,
    test: allowed,
    because: /phone to laptop:80 over tcp by name: refused/,
    declared: (loaded) =>
      withNode(loaded, "laptop", { services: [{ kind: "http", port: 81, tailnetOnly: false }] }),
  },
  {
    name: "reach-ipv6-lost",
    scenario,
    test: allowed,
    because: /laptop to exit:80 over tcp by ipv6: (timeout|unreachable)/,
    applied: async (lab) => {
      const exit = lab.node("exit");
      await exit.output(["ip", "-6", "addr", "flush", "dev", "tailscale0"]);
      return () => restart(exit);
    },
  },
  {
    name: "reach-ping-missing",
    scenario,
    test: allowed,
    because: /the probe itself failed: .*ping: No such file or directory/,
    applied: (lab) => removeProgram(lab.node("laptop"), "ping"),
  },
  {
    name: "reach-policy-open",
    scenario,
    test: "nothing else is reached",
    because: /phone to \w+:\d+ over tcp by ipv6: reached/,
    applied: openPolicy,
  },
  {
    name: "strangers-meet",
    scenario,
    test: "who may use nothing of each other",
    because: /server resolves router\.tailnet\.lab\nexpected: NXDOMAIN/,
    applied: (lab) =>
      applyGrants(lab, (grants) => [
        ...grants,
        { src: ["tag:router"], dst: ["tag:server"], ip: ["tcp:80"] },
      ]),
  },
  {
    name: "reach-policy-change-lost",
    scenario,
    test: "with a policy that allows everything",
    because: /router to server:80 over tcp by ipv4: (timeout|unreachable)/,
    applied: (lab) => loseControl(lab.node("server")),
  },
];
