import { parse } from "jsonc-parser";
import { expect, test } from "vitest";
import { forHeadscale } from "../../lab/reproduce/headscale-policy.ts";

const accepted = (policy: object | string) => {
  const { text, without } = forHeadscale(
    typeof policy === "string" ? policy : JSON.stringify(policy),
  );
  return { policy: parse(text, [], { allowTrailingComma: true }), without, text };
};

test("what Headscale has stays as it is written", () => {
  const text = `{
  // The office
  "groups": { "group:dev": ["anne@"] },
  "tagOwners": { "tag:web": ["group:dev"] },
  "grants": [
    { "src": ["autogroup:member"], "dst": ["autogroup:self"], "ip": ["*"] },
    { "src": ["tag:web"], "dst": ["autogroup:internet"], "ip": ["*"], "via": ["tag:web"] },
  ],
  "ssh": [{ "action": "check", "src": ["anne@"], "dst": ["tag:web"], "users": ["root"], "checkPeriod": "12h" }],
  "nodeAttrs": [{ "target": ["*"], "attr": ["nextdns:abc"] }],
  "randomizeClientPort": true,
}`;
  expect(forHeadscale(text)).toEqual({ text, without: [] });
});

test("keys that Headscale does not know are left out, and told", () => {
  const { policy, without } = accepted({
    postures: { "posture:new": ["node:tsVersion >= '1.60'"] },
    derpMap: {},
    grants: [{ src: ["anne@"], dst: ["tag:web"], ip: ["*"], srcPosture: ["posture:new"] }],
    autoApprovers: { exitNode: ["autogroup:admin", "tag:web"], services: { "svc:a": ["tag:web"] } },
    nodeAttrs: [
      { target: ["*"], attr: ["funnel"] },
      { target: ["*"], attr: ["nextdns:abc"] },
    ],
  });
  expect(policy).toEqual({
    grants: [{ src: ["anne@"], dst: ["tag:web"], ip: ["*"] }],
    autoApprovers: { exitNode: ["tag:web"] },
    nodeAttrs: [{ target: ["*"], attr: ["nextdns:abc"] }],
  });
  expect(without.sort()).toEqual(
    ["autogroup:admin", "derpMap", "funnel", "postures", "services", "srcPosture"].sort(),
  );
});

test("who is an admin the policy does not say: a rule for admins alone goes, of others the rest stays", () => {
  const { policy, text } = accepted(`{
  "tagOwners": { "tag:web": ["autogroup:admin"] },
  "acls": [
    { "action": "accept", "src": ["autogroup:admin"], "dst": ["*:*"] },
    { // for all
      "action": "accept", "src": ["autogroup:members", "autogroup:shared"], "dst": ["tag:web:443", "svc:db:5432"] },
    { "action": "accept", "src": ["*"], "dst": ["ipset:prod:*"] },
  ],
}`);
  expect(policy).toEqual({
    tagOwners: { "tag:web": [] },
    acls: [{ action: "accept", src: ["autogroup:member"], dst: ["tag:web:443"] }],
  });
  expect(text).toContain("// for all");
});
