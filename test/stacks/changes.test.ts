import { describe, expect, test } from "vitest";
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

const updated = (before: object, after: object) => ({
  address: laptop,
  change: { actions: ["update"], before, after },
});

test("a stopped node is started again", () => {
  expect(changes(updated({ must_run: false }, { must_run: true }))).toEqual([
    { kind: "node", name: "laptop", action: "restart", why: "it does not run" },
  ]);
});

test("what concerns Terraform alone changes in place", () => {
  const change = updated({ destroy_grace_seconds: 1 }, { destroy_grace_seconds: 2 });
  expect(changes(change)).toMatchObject([{ action: "in place" }]);
});

describe("the settings, from a container that runs to its end", () => {
  const settings = (files: Record<string, string>) => ({
    attach: true,
    must_run: false,
    command: [JSON.stringify(files)],
    labels: [{ label: "tailnet-lab.settings", value: JSON.stringify(files) }],
    upload: Object.entries(files).map(([file, content]) => ({ file, content })),
  });
  const files = {
    "/settings/control/policy.hujson": "{}",
    "/settings/control/policy-without-tests.hujson": "{}",
    "/settings/control/users": "alice\n",
    "/settings/network/neighbours-home": "192.168.1.2 02:42:c6:13:00:02\n",
  };
  const change = (difference: Record<string, string>, paths: string[]) =>
    changes({
      address: "docker_container.node-settings",
      change: {
        actions: ["delete", "create"],
        before: settings(files),
        after: settings({ ...files, ...difference }),
        replace_paths: paths.map((path) => [path]),
      },
    });
  const all = ["command", "labels", "upload"];

  test("change in place, each told once and by its subject", () => {
    const difference = {
      "/settings/control/policy.hujson": '{"grants":[]}',
      "/settings/control/policy-without-tests.hujson": '{"grants":[]}',
      "/settings/network/neighbours-home": "192.168.1.3 02:42:c6:13:00:03\n",
      "/settings/control/dns-records.json": "[]",
    };
    expect(change(difference, all)).toEqual([
      {
        kind: "settings",
        name: "settings",
        action: "in place",
        why: "DNS records, policy, neighbours",
      },
    ]);
  });

  test("of a file that has no subject the path is told", () => {
    expect(change({ "/settings/control/other": "1" }, all)[0]?.why).toBe("/settings/control/other");
  });

  test("are written again where that failed", () => {
    const failed = {
      address: "docker_container.node-settings",
      change: {
        actions: ["delete", "create"],
        before: { ...settings(files), attach: false },
        after: settings(files),
        replace_paths: [["attach"]],
      },
    };
    expect(changes(failed)).toMatchObject([{ action: "in place", why: "its last run failed" }]);
  });
});

test("a router whose NAT changes is replaced for its rules, whatever else repeats them", () => {
  const router = (nat: string) => ({
    upload: [{ file: "/etc/nftables.conf", content: nat }],
    labels: [{ label: "tailnet-lab.spec", value: nat }],
  });
  const change = {
    address: "docker_container.node-router-home",
    change: {
      actions: ["delete", "create"],
      before: router("easy"),
      after: router("hard"),
      replace_paths: [["labels"], ["upload"]],
    },
  };
  expect(changes(change)).toEqual([
    { kind: "node", name: "router-home", action: "replace", why: "its NAT rules change" },
  ]);
});

test("a boot script is told once, whichever part of the command differs", () => {
  const command = (text: string) => ({ entrypoint: [`/bin/${text}`], command: ["-c", text] });
  const change = {
    address: laptop,
    change: {
      actions: ["delete", "create"],
      before: command("a"),
      after: command("b"),
      replace_paths: [["entrypoint"], ["command"]],
    },
  };
  expect(changes(change)[0]?.why).toBe("its boot script changes");
});

test("of a machine's description what differs is named", () => {
  const described = (spec: object) => ({
    labels: [{ label: "tailnet-lab.spec", value: JSON.stringify({ name: "laptop", ...spec }) }],
  });
  const why = (before: object, after: object) =>
    changes(replaced("labels", described(before), described(after)))[0]?.why;
  const tailnet = { user: "alice", tags: [], domain: "a.lab" };
  expect(why({ addresses: ["10.20.0.9"] }, { addresses: ["10.30.0.9"] })).toBe(
    "its address changes",
  );
  expect(
    why(
      { tailnet, services: [] },
      { tailnet: { tags: ["tag:a"], domain: "a.lab" }, services: [1] },
    ),
  ).toBe("its services change; its user changes; its tags change");
  expect(why({ tailnet }, { tailnet: { ...tailnet, domain: "b.lab" } })).toBe(
    "the tailnet's domain changes",
  );
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

test("what is declared no longer, a network and a volume", () => {
  const removed = (address: string) =>
    changes({ address, change: { actions: ["delete"], before: {}, after: null } })[0];
  expect(removed("docker_network.network-cafe")).toMatchObject({
    kind: "network",
    name: "cafe",
    action: "remove",
    why: "it is declared no longer",
  });
  expect(removed("docker_volume.volume-state-laptop")).toMatchObject({
    kind: "volume",
    name: "state-laptop",
  });
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
