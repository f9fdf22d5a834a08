import { expect, test } from "vitest";
import { permittingRule } from "../../lab/evidence/policy-rules.ts";
import type { HeadscaleNode } from "../../lab/running/headscale.ts";

function node(name: string, address: string, user: string, tags: string[] = []): HeadscaleNode {
  return {
    id: "1",
    name,
    hostname: name,
    givenName: name,
    addresses: [address],
    user,
    tags,
    online: true,
    advertisedRoutes: [],
    approvedRoutes: [],
    expiry: undefined,
    nodeKey: "",
  };
}

const nodes = [
  node("laptop", "100.64.0.1", "alice"),
  node("phone", "100.64.0.2", "bob"),
  node("server", "100.64.0.3", "tagged-devices", ["tag:server"]),
];
const toServer = { source: "100.64.0.2", destination: "100.64.0.3", port: 7, protocol: "tcp" };
const grant = (src: string, dst: string, ...ip: string[]) => ({
  grants: [{ src: [src], dst: [dst], ip }],
});

test.each([
  ["a user", grant("bob@", "tag:server", "tcp:7"), true],
  ["another user", grant("alice@", "tag:server", "tcp:7"), false],
  ["a user's tagged node is the tag's", grant("bob@", "tagged-devices@", "*"), false],
  ["another port", grant("bob@", "tag:server", "tcp:80"), false],
  ["a range of ports", grant("bob@", "tag:server", "1-10"), true],
  ["another protocol", grant("bob@", "tag:server", "udp:7"), false],
  ["everything", grant("*", "*", "*"), true],
  ["autogroups", grant("autogroup:member", "autogroup:tagged", "*"), true],
  ["the other autogroup", grant("autogroup:tagged", "tag:server", "*"), false],
  ["addresses", grant("100.64.0.2", "100.64.0.0/29", "*"), true],
  ["a group", { groups: { "group:a": ["bob@"] }, ...grant("group:a", "tag:server", "*") }, true],
  ["a host", { hosts: { box: "100.64.0.3/32" }, ...grant("bob@", "box", "*") }, true],
  ["a posture", { grants: [{ src: ["*"], dst: ["*"], ip: ["*"], srcPosture: ["p:x"] }] }, false],
  ["an ACL", { acls: [{ action: "accept", src: ["bob@"], dst: ["tag:server:7,80"] }] }, true],
  [
    "an ACL of UDP",
    { acls: [{ action: "accept", proto: "udp", src: ["*"], dst: ["*:*"] }] },
    false,
  ],
  ["no rules", {}, false],
])("by %s", (_, policy, isPermitted) => {
  const rule = permittingRule(JSON.stringify(policy), nodes, { ...toServer, protocol: "tcp" });
  expect(rule !== undefined).toBe(isPermitted);
});

test("a LAN behind a subnet router is meant by its addresses alone", () => {
  const packet = {
    source: "100.64.0.1",
    destination: "10.20.0.30",
    port: 80,
    protocol: "tcp",
  } as const;
  const permits = (dst: string) =>
    permittingRule(JSON.stringify(grant("alice@", dst, "tcp:80")), nodes, packet);
  expect(permits("10.20.0.0/24")).toBe('{"src":["alice@"],"dst":["10.20.0.0/24"],"ip":["tcp:80"]}');
  expect(permits("*")).toBeUndefined();
  expect(permits("10.21.0.0/24")).toBeUndefined();
});

test("a policy that can't be read permits nothing for certain", () => {
  expect(permittingRule("{", nodes, { ...toServer, protocol: "tcp" })).toBeUndefined();
});
