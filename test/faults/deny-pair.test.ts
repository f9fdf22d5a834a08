import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { denyPair } from "../../lab/faults/families/policy.ts";

const nodes = [
  { name: "laptop", ips: ["100.64.0.1", "fd7a::1"], user: "alice", tags: [] },
  { name: "tablet", ips: ["100.64.0.2", "fd7a::2"], user: "alice", tags: [] },
  { name: "phone", ips: ["100.64.0.3"], user: "bob", tags: [] },
  { name: "server", ips: ["100.64.0.4"], user: "tagged-devices", tags: ["tag:server"] },
  { name: "exit", ips: ["100.64.0.5"], user: "tagged-devices", tags: ["tag:exit"] },
  { name: "printer", ips: ["10.20.0.30"], user: null, tags: [] },
];

/** The policy without what lets one use the other, by the programs that control has. */
function denied(policy: string, from: string, to: string) {
  const script = denyPair({ nodes, routes: ["10.20.0.0/24"], from, to });
  const { stdout, stderr, status } = spawnSync("bash", ["-Eeuo", "pipefail", "-c", script], {
    input: policy,
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as { grants: unknown[]; acls: unknown[] };
}

const all = { src: ["*"], dst: ["*"], ip: ["*"] };

test("what everybody may, all others still may", () => {
  const rules = [
    {
      ...all,
      src: [
        "10.20.0.0/24",
        "10.20.0.30",
        "100.64.0.2",
        "100.64.0.3",
        "100.64.0.4",
        "100.64.0.5",
        "fd7a::2",
      ],
    },
    {
      ...all,
      src: ["100.64.0.1", "fd7a::1"],
      dst: [
        ...["10.20.0.0/24", "10.20.0.30", "100.64.0.1", "100.64.0.2", "100.64.0.3", "100.64.0.5"],
        ...["fd7a::1", "fd7a::2", "autogroup:internet"],
      ],
    },
  ];
  expect(denied("{}", "laptop", "server").grants).toEqual(rules);
  expect(denied(JSON.stringify({ grants: [all] }), "laptop", "server").grants).toEqual(rules);
});

test("a rule that is not about the pair stays as it is", () => {
  const grants = [
    { src: ["bob@"], dst: ["tag:server"], ip: ["tcp:80"] },
    { src: ["tag:server"], dst: ["alice@"], ip: ["*"] },
    { src: ["alice@"], dst: ["autogroup:internet"], ip: ["*"] },
  ];
  expect(denied(JSON.stringify({ grants }), "laptop", "server").grants).toEqual(grants);
});

test("users, groups, tags and hosts give way to the addresses of the others", () => {
  const policy = `{
    // Comments, and commas before a bracket.
    "groups": { "group:all": ["alice@", "bob@"] },
    "hosts": { "printer": "10.20.0.30" }, /* "tests": [] */
    "grants": [
      { "src": ["group:all"], "dst": ["tag:server", "tag:exit", "printer"], "ip": ["tcp:80"] },
    ],
    "tests": [{ "src": "alice@", "accept": ["tag:server:80"] }],
  }`;
  const { grants, ...rest } = denied(policy, "laptop", "server");
  expect(grants).toEqual([
    {
      src: ["100.64.0.2", "100.64.0.3", "fd7a::2"],
      dst: ["tag:server", "tag:exit", "printer"],
      ip: ["tcp:80"],
    },
    { src: ["100.64.0.1", "fd7a::1"], dst: ["tag:exit", "printer"], ip: ["tcp:80"] },
  ]);
  expect(rest, "its tests would have it refused").not.toHaveProperty("tests");
  expect(denied(policy, "phone", "printer").grants).toContainEqual({
    src: ["100.64.0.3"],
    dst: ["tag:server", "tag:exit"],
    ip: ["tcp:80"],
  });
});

test("among a user's own nodes", () => {
  const policy = { grants: [{ src: ["autogroup:member"], dst: ["autogroup:self"], ip: ["*"] }] };
  const { grants } = denied(JSON.stringify(policy), "laptop", "tablet");
  const dstOf = (src: string) =>
    (grants as { src: string[]; dst: string[] }[]).find((rule) => rule.src.includes(src))?.dst;
  expect(dstOf("100.64.0.1")).toEqual(["100.64.0.1", "fd7a::1"]);
  expect(dstOf("100.64.0.2")).toEqual(["100.64.0.1", "fd7a::1", "100.64.0.2", "fd7a::2"]);
  expect(denied(JSON.stringify(policy), "laptop", "phone").grants).toEqual(policy.grants);
});

test("rules of `acls`, whose destinations have ports", () => {
  const acls = [{ action: "accept", src: ["alice@"], dst: ["tag:server:80,443", "tag:exit:*"] }];
  expect(denied(JSON.stringify({ acls }), "laptop", "server").acls).toEqual([
    { action: "accept", src: ["100.64.0.2", "fd7a::2"], dst: ["tag:server:80,443"] },
    { action: "accept", src: ["alice@"], dst: ["tag:exit:*"] },
  ]);
});

test("two pairs in either order are the same", () => {
  const policy = readFileSync(
    new URL("../../topologies/homelab.policy.hujson", import.meta.url),
    "utf8",
  );
  const twice = (pairs: [string, string][]) =>
    pairs.reduce((text, [from, to]) => JSON.stringify(denied(text, from, to)), policy);
  const allowed = (text: string) => JSON.stringify(denied(text, "laptop", "server"));
  const pairs: [string, string][] = [
    ["laptop", "server"],
    ["laptop", "phone"],
  ];
  const [one, other] = [twice(pairs), twice([...pairs].reverse())];
  // Nothing is left to be taken away.
  expect(JSON.parse(allowed(one))).toEqual(JSON.parse(one));
  expect(JSON.parse(allowed(other))).toEqual(JSON.parse(other));
});
