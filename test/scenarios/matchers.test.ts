import { expect, test } from "vitest";
import type { RunningNode } from "../../lab/running/running-node.ts";
import { affirmative } from "../../scenarios/harness/matchers/affirmative.ts";
import { assertArguments } from "../../scenarios/harness/matchers/arguments.ts";
import { protocolOf } from "../../scenarios/harness/matchers/reach.ts";
import { hostOf } from "../../scenarios/harness/matchers/target.ts";

test("without a port ICMP is meant, with one TCP", () => {
  expect(protocolOf({})).toBe("icmp");
  expect(protocolOf({ port: 80 })).toBe("tcp");
  expect(protocolOf({ port: 53, protocol: "udp" })).toBe("udp");
  expect(() => protocolOf({ protocol: "udp" })).toThrow("a connection over udp needs a port");
});

test("a machine without Tailscale has no name in the tailnet, and is asked for by none", async () => {
  const printer = { name: "printer", spec: { addresses: ["10.20.0.9"] } } as unknown as RunningNode;
  await expect(hostOf(printer, "name")).rejects.toThrow("MagicDNS has no name of it");
  await expect(hostOf(printer, "ipv6")).rejects.toThrow("it has no ipv6 address");
  expect(await hostOf(printer, "ipv4")).toBe("10.20.0.9");
});

test("a claim of what is no node, or of no connections, says so", async () => {
  const claim = affirmative("toReach", "…", async (..._: unknown[]) => ({
    pass: true,
    message: () => "",
  }));
  const of = (subject: unknown) => () => claim.call({}, subject);
  expect(of("laptop")).toThrow("toReach claims something of a node, not of 'laptop'");
  expect(of(undefined)).toThrow("not of undefined");
  expect(of([])).toThrow("not of []");
  expect(of([{ from: "laptop" }])).toThrow("not of 'laptop'");
  const node = { exec: () => {} };
  expect(await claim.call({}, node, node)).toMatchObject({ pass: true });
});

const node = { exec: () => {} };

test.each([
  ["toReach", [undefined], /target: is missing \(write lab.node/],
  ["toReach", [node, { prot: 80 }], /expectation.prot: unknown key prot \(did you mean port\?\)/],
  ["toReach", [node, { port: "80" }], /expectation.port: "80" is not accepted \(write a number\)/],
  ["toReach", [node, { port: 80, protocol: "sctp" }], /write one of tcp, udp, icmp/],
  ["toReach", [node, { by: "ipv5" }], /did you mean ipv4/],
  ["toFailToReach", [node, { port: 80 }], /expectation.as: .*refused, timeout/],
  ["toFailToReach", [node, { port: 80, as: "broken" }], /expectation.as: "broken" is not accepted/],
  ["toBeDenied", [node], /expectation: is missing/],
  ["toBeDenied", ["server", { port: 80, allowed: {} }], /target: "server" is not accepted/],
  ["toBeDirectTo", ["server"], /target: "server" is not accepted/],
  ["toResolve", [""], /name: "" is not accepted \(write a name\)/],
] as const)("%s of %j", (matcher, args, message) => {
  expect(() => assertArguments(matcher, args)).toThrow(message);
});

test("what the matchers take is taken", () => {
  assertArguments("toReach", ["www.example.com", { port: 80, by: "name", seconds: 3 }]);
  assertArguments("toFailToReach", [node, { as: ["timeout", "unreachable"] }]);
  assertArguments("toBeDenied", [node, { port: 22, allowed: { port: 7, back: true } }]);
  assertArguments("toAllBeReached", []);
  assertArguments("toBeRelayedTo", [node, { via: "fra" }]);
  expect(() => assertArguments("toFindNoName", ["x", {}])).toThrow();
});
