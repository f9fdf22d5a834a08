import { expect, test } from "vitest";
import { declaration, faultsOf } from "./declaration.ts";

const issuesOf = (fault: object) =>
  faultsOf(
    declaration({
      nodes: { phone: { kind: "tailscale", network: "cloud", user: "bob" } },
      faults: [fault as never],
    }),
  );

test.each([
  { kind: "logged-out", node: "nas" },
  { kind: "tailscale-stopped", node: "nas" },
  { kind: "shields-up", node: "nas" },
  { kind: "accept-routes-off", node: "nas" },
  { kind: "userspace-networking", node: "nas" },
])("$kind is of a node with Tailscale", (fault) => {
  expect(issuesOf(fault)).toEqual([
    "faults[0].node: nas has no Tailscale; write one of laptop, phone",
  ]);
  expect(issuesOf({ ...fault, node: "nobody" })).toEqual([
    "faults[0].node: there is no node with Tailscale nobody; write one of laptop, phone",
  ]);
  expect(issuesOf({ ...fault, node: "phone" })).toEqual([]);
});

test("what tailscale serve publishes listens on loopback without a fault", () => {
  const services = [{ kind: "http", port: 80, tailnetOnly: true }];
  const issues = (kind: string) =>
    faultsOf(
      declaration({
        nodes: { phone: { kind: "tailscale", network: "cloud", user: "bob", services } as never },
        faults: [{ kind, node: "phone", port: 80 } as never],
      }),
    );
  expect(issues("service-down")).toEqual([]);
  expect(issues("service-loopback-only")).toEqual([
    "faults[0].port: port 80 of phone listens on loopback as it is: it is published to the tailnet alone; take service-down, which leaves nothing behind tailscale serve",
  ]);
});

test("a machine can't be a clone and logged out", () => {
  const clone = { kind: "cloned-state", node: "phone", of: "laptop" };
  const out = { kind: "logged-out", node: "phone" };
  const issuesOfAll = (all: readonly object[]) =>
    faultsOf(
      declaration({
        nodes: { phone: { kind: "tailscale", network: "cloud", user: "bob" } },
        faults: all as never,
      }),
    );
  expect(issuesOfAll([clone, out])).toEqual([
    "faults[1].node: phone runs with another node's state: its logout would be that of both; leave one of the two faults out",
  ]);
  expect(issuesOfAll([out, clone])).toEqual([
    "faults[1].node: phone is logged out: with another node's state it would be logged in; leave one of the two faults out",
  ]);
  // Of the node whose state was copied a logout is its own.
  expect(issuesOfAll([clone, { kind: "logged-out", node: "laptop" }])).toEqual([]);
});

test("a fault is of a node that has what it breaks", () => {
  const issuesOf = (fault: object) =>
    faultsOf(
      declaration({
        nodes: {
          gate: {
            kind: "tailscale",
            network: "home",
            user: "bob",
            advertiseRoutes: ["192.168.1.0/24"],
            services: [
              { kind: "http", port: 80 },
              { kind: "udp-echo", port: 7 },
            ],
          },
          exit: { kind: "tailscale", network: "cloud", user: "bob", exitNode: true },
        },
        faults: [fault as never],
      }),
    );
  const issueOf = (kind: string, fields: object) => issuesOf({ kind, ...fields }).join();
  expect(issueOf("ip-forwarding-off", { node: "laptop" })).toBe(
    "faults[0].node: laptop is neither a subnet router nor an exit node; write one of gate, exit",
  );
  expect(issueOf("no-return-route", { node: "exit" })).toBe(
    "faults[0].node: exit is no subnet router; write one of gate",
  );
  expect(issueOf("route-withdrawn", { node: "laptop" })).toBe(
    "faults[0].node: laptop advertises no route; write one of gate, exit",
  );
  expect(issueOf("route-unapproved", { node: "gate", route: "10.0.0.0/8" })).toBe(
    "faults[0].route: gate does not advertise 10.0.0.0/8; it has 192.168.1.0/24",
  );
  expect(issueOf("service-down", { node: "gate", port: 81 })).toBe(
    "faults[0].port: gate has no service on port 81; it has 80, 7",
  );
  expect(issueOf("service-loopback-only", { node: "gate", port: 7 })).toBe(
    "faults[0].port: gate has no TCP service on port 7; it has 80",
  );
  expect(issueOf("cgnat-collision", { node: "exit" })).toBe(
    "faults[0].node: exit has a public address, and no LAN around it; write one of laptop, nas, gate",
  );
  for (const fault of [
    { kind: "ip-forwarding-off", node: "exit" },
    { kind: "no-return-route", node: "gate" },
    { kind: "route-withdrawn", node: "exit", route: "0.0.0.0/0" },
    { kind: "route-unapproved", node: "gate" },
    { kind: "service-down", node: "gate", port: 7 },
    { kind: "service-loopback-only", node: "gate", port: 80 },
    { kind: "cgnat-collision", node: "nas" },
  ]) {
    expect(issuesOf(fault)).toEqual([]);
  }
});

test("what a state or a name is taken of has Tailscale too", () => {
  for (const kind of ["cloned-state", "duplicate-hostname"]) {
    expect(issuesOf({ kind, node: "phone", of: "nas" })).toEqual([
      "faults[0].of: nas has no Tailscale; write one of laptop, phone",
    ]);
  }
});

test("no fault is between something and itself", () => {
  const twice = (where: string, name: string) => [
    `faults[0].${where}: ${name} is named twice; name another`,
  ];
  expect(issuesOf({ kind: "cut", between: ["home", "home"] })).toEqual(twice("between[1]", "home"));
  expect(issuesOf({ kind: "partition", groups: [["home"], ["cloud", "home"]] })).toEqual(
    twice("groups[1][1]", "home"),
  );
  expect(issuesOf({ kind: "cloned-state", node: "phone", of: "phone" })).toEqual(
    twice("of", "phone"),
  );
  expect(issuesOf({ kind: "policy", deny: { from: "phone", to: "phone" } })).toEqual(
    twice("deny.to", "phone"),
  );
});

test("values that do not go together", () => {
  const icmp = { kind: "host-firewall", node: "nas", protocol: "icmp" };
  expect(issuesOf({ ...icmp, port: 80 })).toEqual([
    "faults[0].port: ICMP has no ports; leave one of the two out",
  ]);
  expect(issuesOf(icmp)).toEqual([]);
  expect(issuesOf({ kind: "policy" })).toEqual([
    "faults[0].deny: it is either a pair or a whole policy; name the two nodes of a pair, or give another policy",
  ]);
});

test.each([
  ["10.0.0.0/8", "10.0.0.0/8 is no LAN of 100.64.0.0/10; write a prefix of it, of /29 or shorter"],
  ["100.64.0.0/32", /is no LAN of 100\.64\.0\.0\/10/],
  ["100.64.0.5/24", "100.64.0.5/24 has host bits set; did you mean 100.64.0.0/24?"],
  ["100.127.7.0/24", undefined],
])("a colliding LAN has an address of carriers: %s", (prefix, issue) => {
  const issues = issuesOf({ kind: "cgnat-collision", node: "laptop", prefix });
  if (issue === undefined) expect(issues).toEqual([]);
  else if (typeof issue === "string") expect(issues).toEqual([`faults[0].prefix: ${issue}`]);
  else expect(issues).toEqual([expect.stringMatching(issue)]);
});
