import { describe, expect, test } from "vitest";
import { policyUsers, readPolicy } from "../../lab/topology/index.ts";
import { declaration, faultsOf } from "./declaration.ts";

const lines = (text: string) =>
  readPolicy(text, "p.hujson").issues.map(
    ({ where, what, remedy }) => `${where}: ${what}; ${remedy}`,
  );

describe("HuJSON", () => {
  test("has comments and trailing commas", () => {
    const read = readPolicy('// rules\n{ "groups": { "group:a": ["alice@",], /* all */ }, }', "p");
    expect(read.issues).toEqual([]);
    expect(read.policy?.groups).toEqual({ "group:a": ["alice@"] });
  });

  test.each([
    [
      "a missing comma",
      '{\n  "hosts": {}\n  "acls": []\n}',
      "p.hujson:3:3: a comma is expected here",
    ],
    ["a missing colon", '{\n  "acls" []\n}', "p.hujson:2:10: a colon is expected here"],
    ["a missing value", '{ "acls": }', "p.hujson:1:11: a value is expected here"],
    ["an unclosed object", '{\n  "acls": []\n', "p.hujson:3:1: a } is expected here"],
    ["an unclosed list", '{ "acls": [ }', "p.hujson:1:14: a ] is expected here"],
    ["an unclosed string", '{\n  "acls\n}', "p.hujson:2:3: a string is not closed"],
    ["an unclosed comment", "{}\n/* rules", "p.hujson:2:1: a comment is not closed"],
    ["a bare word", '{ "acls": alice }', "p.hujson:1:11: this word is no JSON"],
    ["something after the end", "{}\n{}", "p.hujson:2:1: the document ended before this"],
    ["an empty file", "", "p.hujson:1:1: a value is expected here"],
  ])("%s is told by line and column", (_, text, expected) => {
    expect(lines(text).some((line) => line.startsWith(`${expected}; `))).toBe(true);
  });

  test("every issue of syntax is told", () => {
    expect(lines('{ "a" 1,\n "b" 2 }').map((line) => line.split(": ")[0])).toEqual([
      "p.hujson:1:7",
      "p.hujson:2:6",
    ]);
  });
});

describe("a policy's shape", () => {
  test.each([
    ["a list", "[]", "p.hujson:1:1: [] is not accepted; write an object"],
    [
      "a group without group:",
      '{\n  "groups": {\n    "admins": ["alice@"] } }',
      'p.hujson:3:15: groups.admins: the name "admins" is not accepted; write a group such as group:admins',
    ],
    [
      "an owner that is no list",
      '{ "tagOwners":\n  { "tag:a": "alice@" } }',
      'p.hujson:2:14: tagOwners["tag:a"]: "alice@" is not accepted; write an array',
    ],
    [
      "a rule without a destination",
      '{ "grants": [\n  { "src": ["*"] } ] }',
      "p.hujson:2:3: grants[0].dst: is missing; write an array",
    ],
  ])("%s is told by line and column", (_, text, expected) => {
    expect(lines(text)).toEqual([expected]);
  });

  test("leaves to Headscale what Headscale alone knows", () => {
    expect(lines('{ "nodeAttrs": [], "randomizeClientPort": true, "someday": 1 }')).toEqual([]);
  });
});

describe("a policy in the topology", () => {
  const server = { kind: "tailscale" as const, network: "home", tags: ["tag:server"] };

  test("owns its nodes' tags", () => {
    const policy = { tagOwners: { "tag:server": ["alice@"] } };
    expect(faultsOf(declaration({ tailnet: { policy }, nodes: { server } }))).toEqual([]);
  });

  test("with a tag nobody owns, with a near one and without", () => {
    const near = { tagOwners: { "tag:servers": ["alice@"] } };
    expect(faultsOf(declaration({ tailnet: { policy: near }, nodes: { server } }))).toEqual([
      "nodes.server.tags[0]: tag:server has no owner in tailnet.policy; did you mean tag:servers? Else add tag:server to tagOwners",
    ]);
    expect(faultsOf(declaration({ tailnet: { policy: {} }, nodes: { server } }))).toEqual([
      'nodes.server.tags[0]: tag:server has no owner in tailnet.policy; add "tag:server": ["group:…"] to tagOwners, with those who may give it',
    ]);
  });

  test("of a wrong shape is told by its path", () => {
    const policy = { grants: [{ src: ["*"], dst: "*" }] };
    expect(faultsOf(declaration({ tailnet: { policy } }))).toEqual([
      'tailnet.policy.grants[0].dst: "*" is not accepted; write an array',
    ]);
  });
});

test("users are those a policy mentions anywhere, once, without e-mail addresses", () => {
  const { policy } = readPolicy(
    JSON.stringify({
      groups: { "group:a": ["dave@", "alice@"] },
      tagOwners: { "tag:x": ["erin@", "group:a"] },
      acls: [
        { action: "accept", src: ["bob@"], dst: ["alice@:22", "carol@:*", "x@example.com:80"] },
      ],
      tests: [{ src: "frank@", accept: ["tag:x:22"] }],
    }),
    "p",
  );
  expect(policy && policyUsers(policy)).toEqual(["alice", "bob", "carol", "dave", "erin", "frank"]);
});
