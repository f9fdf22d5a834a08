import { expect, test } from "vitest";
import type { RunningNode } from "../../lab/running/running-node.ts";
import { affirmative } from "../../scenarios/harness/matchers/affirmative.ts";
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
  expect(await claim.call({}, { exec: () => {} })).toMatchObject({ pass: true });
});
