import { withoutService } from "./breakage.ts";
import type { Mutation } from "./mutation.ts";
import { applyGrants, openPolicy } from "./policy.ts";
import { addTable, loseControl, removeProgram, undoAll } from "./running.ts";

const scenario = "denials";

export const denialMutations: readonly Mutation[] = [
  {
    name: "deny-policy-open",
    scenario,
    test: "by user",
    because: /phone to router:7 over tcp\n.*\nseen: +an attempt ended as "reached"/,
    applied: openPolicy,
  },
  {
    name: "deny-family-is-admin",
    scenario,
    test: "by group",
    because: /phone to server:22 over tcp\n.*\nseen: +an attempt ended as "reached"/,
    applied: (lab) =>
      applyGrants(lab, (grants) =>
        grants.map((grant) => ({
          ...grant,
          src: grant.src.map((who) => (who === "group:admins" ? "group:family" : who)),
        })),
      ),
  },
  {
    name: "deny-pair-unreachable",
    scenario,
    test: "by tag",
    because: /no proof: router to exit:80 over tcp should be allowed, but is "timeout"/,
    applied: (lab) =>
      applyGrants(lab, (grants) =>
        grants.map((grant) =>
          grant.src.includes("tag:router") ? { ...grant, ip: ["tcp:81"] } : grant,
        ),
      ),
  },
  {
    name: "deny-tool-missing",
    scenario,
    test: "by tag",
    because: /router: the probe itself failed: .*perl.*not found/,
    applied: (lab) => removeProgram(lab.node("router"), "perl"),
  },
  {
    name: "deny-host-firewall",
    scenario,
    test: "by port: ",
    because: /seen: +of 2 attempts 0 were dropped at server for reason acl/,
    // Silent as the policy is, but it isn't the policy.
    applied: async (lab) =>
      undoAll(
        await openPolicy(lab),
        await addTable(
          lab.node("server"),
          'table inet host_firewall { chain input { type filter hook input priority raw; iifname "tailscale0" tcp dport 8080 drop; }; }',
        ),
      ),
  },
  {
    name: "deny-ipv6-open",
    scenario,
    test: "by port, over IPv6",
    because: /the service saw fd7a:[0-9a-f:]+ 2 times/,
    applied: openPolicy,
  },
  {
    name: "deny-service-not-listening",
    scenario,
    test: "by protocol",
    because: /no proof: the service does not even answer on server itself: "refused"/,
    planned: (plan) => withoutService(plan, "server", "udp-echo", 7),
  },
  {
    name: "deny-both-directions",
    scenario,
    test: "by direction: alice",
    because: /laptop to phone:7 over tcp\nexpected: reached\nseen: +timeout/,
    applied: (lab) =>
      applyGrants(lab, (grants) => grants.filter((grant) => !grant.dst.includes("bob@"))),
  },
  {
    name: "deny-ping-missing",
    scenario,
    test: "by direction: a server",
    because: /server: the probe itself failed: .*ping: No such file or directory/,
    applied: (lab) => removeProgram(lab.node("server"), "ping"),
  },
  {
    name: "deny-policy-change-lost",
    scenario,
    test: "a port opened and closed",
    because: /phone to server:8080 over tcp\nexpected: reached\nseen: +timeout/,
    applied: (lab) => loseControl(lab.node("server")),
  },
  {
    name: "no-rules-policy-open",
    scenario: "no-rules",
    test: "a lab comes up whose policy",
    because: /laptop to server:80 over tcp\n.*\nseen: +reached/,
    applied: openPolicy,
  },
];
