import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseHeadscaleNodes } from "../../lab/running/headscale.ts";
import { headscaleMessage } from "../../lab/running/policy.ts";

const printed = readFileSync(
  new URL("../observe/fixtures/headscale-nodes.json", import.meta.url),
  "utf8",
);

test("headscale nodes list -o json: by name, with what is advertised and approved", () => {
  const [exit, laptop, router] = parseHeadscaleNodes(printed);
  expect(exit).toMatchObject({
    name: "exit",
    tags: ["tag:exit"],
    approvedRoutes: ["0.0.0.0/0", "::/0"],
  });
  expect(laptop).toMatchObject({ user: "alice", tags: [], advertisedRoutes: [], online: true });
  expect(router).toMatchObject({
    advertisedRoutes: ["10.20.0.0/24"],
    id: expect.stringMatching(/^\d+$/),
  });
});

test("no nodes at all", () => {
  expect(parseHeadscaleNodes("null")).toEqual([]);
});

test("a refused policy, in Headscale's words and no more", () => {
  const stderr = `2026-11-23T18:55:40Z TRC expiring
Error: setting ACL policy: rpc error: code = Unknown desc = setting policy: test(s) failed:
alice@ -> tag:server:22 (tcp): expected DENIED, got ALLOWED
`;
  expect(headscaleMessage(stderr)).toBe(`setting policy: test(s) failed:
alice@ -> tag:server:22 (tcp): expected DENIED, got ALLOWED`);
});

test("what is no prefix is no route", () => {
  const nodes = JSON.parse(printed);
  for (const node of nodes) node.approved_routes = ["", "10.20.0.0/24", "::/0"];
  for (const { approvedRoutes } of parseHeadscaleNodes(JSON.stringify(nodes))) {
    expect(approvedRoutes).toEqual(["10.20.0.0/24", "::/0"]);
  }
});
