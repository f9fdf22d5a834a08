import { expect, test } from "vitest";
import { readChanges, shownPlan } from "../../stacks/changes.ts";

const laptop = "docker_container.node-laptop";

function changes(resource: object, drift: object[] = []) {
  return readChanges(shownPlan.parse({ resource_changes: [resource], resource_drift: drift }));
}

const replaced = (path: string, before: object, after: object) => ({
  address: laptop,
  change: { actions: ["delete", "create"], before, after, replace_paths: [[path]] },
});

test("a new node, and one that went missing", () => {
  const created = { address: laptop, change: { actions: ["create"], before: null, after: {} } };
  const gone = { address: laptop, change: { actions: ["delete"], before: {}, after: null } };
  expect(changes(created)).toEqual([
    { kind: "node", name: "laptop", action: "create", why: "it is new" },
  ]);
  expect(changes(created, [gone])[0]?.why).toBe("it is gone from the engine");
});

test("a stopped node", () => {
  expect(changes(replaced("must_run", { must_run: false }, { must_run: true }))).toEqual([
    { kind: "node", name: "laptop", action: "replace", why: "it does not run" },
  ]);
});

test("changed files are named, the others are not", () => {
  const before = {
    upload: [
      { file: "/a", content: "1" },
      { file: "/b", content: "1" },
    ],
  };
  const after = {
    upload: [{ file: "/a", content: "2" }, { file: "/b", content: "1" }, { file: "/c" }],
  };
  expect(changes(replaced("upload", before, after))[0]?.why).toBe("files change: /a, /c");
});

test("a network that it was taken off differs from one that the declaration changes", () => {
  const off = { networks_advanced: [] };
  const on = { networks_advanced: [{ name: "n1" }] };
  const drift = { address: laptop, change: { actions: ["update"], before: on, after: off } };
  const change = replaced("networks_advanced", off, on);
  expect(changes(change, [drift])[0]?.why).toBe("it was disconnected from a network");
  expect(changes(change)[0]?.why).toBe("its networks change");
});

test("what is declared no longer, a network and the volume", () => {
  const removed = (address: string) =>
    changes({ address, change: { actions: ["delete"], before: {}, after: null } })[0];
  expect(removed("docker_network.network-cafe")).toMatchObject({
    kind: "network",
    name: "cafe",
    action: "remove",
    why: "it is declared no longer",
  });
  expect(removed("docker_volume.volume")).toMatchObject({ kind: "volume" });
});

test("what stays, and images, are no changes", () => {
  expect(
    changes({ address: laptop, change: { actions: ["no-op"], before: {}, after: {} } }),
  ).toEqual([]);
  const image = {
    address: "docker_image.image-base",
    change: { actions: ["create"], before: null, after: {} },
  };
  expect(changes(image)).toEqual([]);
});
