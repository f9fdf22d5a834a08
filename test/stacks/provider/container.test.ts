import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { describe, expect, test, vi } from "vitest";
import { EndpointQueue } from "../../../lab/engine/endpoint-queue.ts";
import { container } from "../../../stacks/provider/container.ts";
import { Removals } from "../../../stacks/provider/removals.ts";
import { HalfMade, type Order } from "../../../stacks/provider/resource.ts";
import type { ObjectValue } from "../../../stacks/provider/values.ts";

const planned: ObjectValue = {
  id: null,
  name: "tailnet-lab-tiny-router",
  image: "sha256:1",
  hostname: "router",
  entrypoint: ["/bin/sh"],
  command: ["/lab/boot"],
  env: ["A=1"],
  restart: "no",
  must_run: true,
  destroy_grace_seconds: 1,
  sysctls: { "net.ipv4.ip_forward": "1" },
  capabilities: [{ add: ["CAP_NET_ADMIN"] }],
  devices: [{ host_path: "/dev/net/tun", container_path: "/dev/net/tun", permissions: "rwm" }],
  labels: [{ label: "tailnet-lab.node", value: "router" }],
  mounts: [{ type: "volume", source: "v", target: "/tailnet", read_only: true }],
  networks_advanced: [
    { name: "n1", ipv4_address: "198.19.0.2" },
    { name: "n2", ipv4_address: "198.19.1.2" },
  ],
  upload: [{ file: "/lab/boot", content: "#!/bin/sh\n", executable: true }],
};

/** An engine that records its calls in order; `fails` names calls that it refuses. */
function fakeEngine(fails: Record<string, number> = {}, inspected?: object) {
  const calls: string[] = [];
  const sent: Record<string, unknown> = {};
  const call = async (name: string, argument?: unknown): Promise<void> => {
    calls.push(name);
    sent[name] = argument;
    if (fails[name] !== undefined) {
      throw Object.assign(new Error(`${name} refused`), { statusCode: fails[name] });
    }
  };
  const handle = {
    id: "c1",
    start: () => call("start"),
    stop: (options: unknown) => call("stop", options),
    remove: (options: unknown) => call("remove", options),
    wait: () => call("wait"),
    putArchive: (archive: unknown) => call("putArchive", archive),
    inspect: async () => {
      await call("inspect");
      return inspected;
    },
  };
  const engine = {
    createContainer: async (options: unknown) => {
      await call("create", options);
      return handle;
    },
    getContainer: () => handle,
    getEvents: async () => new PassThrough(),
    getNetwork: (id: string) => ({
      connect: (options: unknown) => call(`connect ${id}`, options),
      disconnect: (options: unknown) => call(`disconnect ${id}`, options),
    }),
  };
  return { engine: engine as unknown as Docker, calls, sent };
}

function order(engine: Docker, removals = new Removals()): Order {
  return { removals, turns: new EndpointQueue(engine) };
}

describe("creating", () => {
  test("joins every network and has its files before it starts", async () => {
    const { engine, calls, sent } = fakeEngine();
    expect(await container.create(engine, planned, order(engine))).toEqual({
      ...planned,
      id: "c1",
    });
    expect(calls).toEqual(["create", "connect n2", "putArchive", "start"]);
    expect(sent.create).toMatchObject({
      name: "tailnet-lab-tiny-router",
      HostConfig: { NetworkMode: "n1", CapAdd: ["CAP_NET_ADMIN"] },
      NetworkingConfig: { EndpointsConfig: { n1: { IPAMConfig: { IPv4Address: "198.19.0.2" } } } },
    });
    expect(sent["connect n2"]).toMatchObject({
      EndpointConfig: { IPAMConfig: { IPv4Address: "198.19.1.2" } },
    });
  });

  test("leaves nothing behind where the start fails", async () => {
    const { engine, calls } = fakeEngine({ start: 500 });
    await expect(container.create(engine, planned, order(engine))).rejects.toThrow("start refused");
    expect(calls.at(-1)).toBe("remove");
  });

  test("keeps the id of what it could neither start nor remove", async () => {
    const { engine } = fakeEngine({ start: 500, remove: 500 });
    const failure = await container
      .create(engine, planned, order(engine))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HalfMade);
    expect(failure).toMatchObject({ message: "start refused", state: { id: "c1" } });
  });
});

test("takes over an address as soon as its holder is removed", async () => {
  const removals = new Removals();
  let isHeld = true;
  const { engine, calls } = fakeEngine();
  const made = await engine.createContainer({});
  made.start = async () => {
    calls.push("start");
    if (!isHeld) return;
    throw Object.assign(new Error("Address already in use"), { statusCode: 403 });
  };
  const creation = container.create(engine, planned, order(engine, removals));
  await vi.waitUntil(() => calls.includes("start"));
  isHeld = false;
  removals.ended();
  expect(await creation).toMatchObject({ id: "c1" });
  expect(calls.filter((call) => call === "start")).toHaveLength(2);
});

describe("reading", () => {
  const state = { ...planned, id: "c1" };
  const inspected = (State: object, networks: [string, string][]) => ({
    Name: "/tailnet-lab-tiny-router",
    Image: "sha256:1",
    State: { Running: true, Paused: false, ...State },
    NetworkSettings: {
      Networks: Object.fromEntries(
        networks.map(([id, address]) => [
          `name-of-${id}`,
          { NetworkID: id, IPAMConfig: { IPv4Address: address } },
        ]),
      ),
    },
  });
  const both: [string, string][] = [
    ["n1", "198.19.0.2"],
    ["n2", "198.19.1.2"],
  ];

  test("finds a container as it was made", async () => {
    const { engine } = fakeEngine({}, inspected({}, both));
    expect(await container.read(engine, state)).toEqual(state);
  });

  test.each([{ Running: false }, { Paused: true }])(
    "sees that it does not run: %o",
    async (how) => {
      const { engine, calls } = fakeEngine({}, inspected(how, both));
      expect(await container.read(engine, state)).toMatchObject({ must_run: false });
      expect(calls).toEqual(["inspect"]);
    },
  );

  test("sees a network that it was taken off", async () => {
    const { engine } = fakeEngine({}, inspected({}, both.slice(0, 1)));
    expect((await container.read(engine, state))?.networks_advanced).toEqual([
      { name: "n1", ipv4_address: "198.19.0.2" },
    ]);
  });

  test("sees that it is gone", async () => {
    const { engine } = fakeEngine({ inspect: 404 });
    expect(await container.read(engine, state)).toBeNull();
  });
});

describe("removing", () => {
  test("gives it the time it was promised", async () => {
    const { engine, calls, sent } = fakeEngine();
    await container.remove(engine, { ...planned, id: "c1" }, order(engine));
    expect(calls).toEqual(["disconnect n1", "disconnect n2", "stop", "remove"]);
    expect(sent.stop).toEqual({ t: 1 });
  });

  test.each<[string, Record<string, number>]>([
    ["gone already", { stop: 404, remove: 404 }],
    ["stopped already", { stop: 304 }],
    ["being removed by another", { remove: 409, wait: 404 }],
  ])("is content where it is %s", async (_how, fails) => {
    const { engine } = fakeEngine(fails);
    await expect(
      container.remove(engine, { ...planned, id: "c1" }, order(engine)),
    ).resolves.toBeUndefined();
  });
});
