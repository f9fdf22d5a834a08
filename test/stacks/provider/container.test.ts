import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import PQueue from "p-queue";
import { describe, expect, test, vi } from "vitest";
import { EndpointQueue } from "../../../lab/engine/endpoint-queue.ts";
import { container } from "../../../stacks/provider/container.ts";
import { FirstStarts } from "../../../stacks/provider/first-starts.ts";
import { Removals } from "../../../stacks/provider/removals.ts";
import { HalfMade, isConnectionLost, type Order } from "../../../stacks/provider/resource.ts";
import type { ObjectValue } from "../../../stacks/provider/values.ts";

const planned: ObjectValue = {
  id: null,
  name: "tailnet-lab-tiny-router",
  image: "sha256:1",
  hostname: "router",
  entrypoint: ["/bin/sh"],
  command: ["/lab/boot"],
  attach: null,
  network_mode: null,
  cpu_shares: 512,
  memory: null,
  memory_swap: null,
  security_opts: ["no-new-privileges"],
  env: ["A=1"],
  restart: "no",
  must_run: true,
  destroy_grace_seconds: 1,
  sysctls: { "net.ipv4.ip_forward": "1" },
  capabilities: [{ add: ["CAP_NET_ADMIN"], drop: ["ALL"] }],
  devices: [{ host_path: "/dev/net/tun", container_path: "/dev/net/tun", permissions: "rwm" }],
  labels: [{ label: "tailnet-lab.node", value: "router" }],
  mounts: [{ type: "volume", source: "v", target: "/tailnet", read_only: true }],
  networks_advanced: [
    { name: "n1", ipv4_address: "198.19.0.2" },
    { name: "n2", ipv4_address: "198.19.1.2" },
  ],
  upload: [{ file: "/lab/boot", content: "#!/bin/sh\n", source: null }],
};

/** A container's output as the engine frames it: the stream's number, three zeros, the length. */
function frame(text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** An engine that records its calls in order; `fails` names calls that it refuses. */
function fakeEngine(
  fails: Record<string, number> = {},
  inspected?: object,
  { exitCode = 0, lastLine = "" } = {},
) {
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
    unpause: () => call("unpause"),
    wait: async () => {
      await call("wait");
      return { StatusCode: exitCode };
    },
    logs: async () => frame(`starting\n${lastLine}\n`),
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
  return {
    removals,
    endpoints: new EndpointQueue(engine),
    creations: new PQueue({ concurrency: 1 }),
    firstStarts: new FirstStarts(),
  };
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
      Entrypoint: ["/bin/sh"],
      Cmd: ["/lab/boot"],
      Env: ["A=1"],
      HostConfig: {
        NetworkMode: "n1",
        CapDrop: ["ALL"],
        CapAdd: ["CAP_NET_ADMIN"],
        SecurityOpt: ["no-new-privileges"],
        CpuShares: 512,
      },
      NetworkingConfig: { EndpointsConfig: { n1: { IPAMConfig: { IPv4Address: "198.19.0.2" } } } },
    });
    expect(sent["connect n2"]).toMatchObject({
      EndpointConfig: { IPAMConfig: { IPv4Address: "198.19.1.2" } },
    });
  });

  test("limits processes by a label, and memory without swap", async () => {
    const { engine, sent } = fakeEngine();
    const labels = [{ label: "tailnet-lab.process-limit", value: "300" }];
    await container.create(engine, { ...planned, labels, memory: 64 }, order(engine));
    expect(sent.create).toMatchObject({
      HostConfig: { PidsLimit: 300, Memory: 67_108_864, MemorySwap: 67_108_864 },
    });
  });

  test("has no network where none is planned", async () => {
    const { engine, calls, sent } = fakeEngine();
    const alone = { ...planned, networks_advanced: [], network_mode: "none" };
    await container.create(engine, alone, order(engine));
    expect(calls).toEqual(["create", "putArchive", "start"]);
    expect(sent.create).toMatchObject({ HostConfig: { NetworkMode: "none" } });
    expect(sent.create).not.toHaveProperty("NetworkingConfig");
  });

  test("control and what runs to its end start before others that were asked for earlier", async () => {
    const { engine, calls } = fakeEngine();
    const create = engine.createContainer.bind(engine);
    engine.createContainer = (async (options: { name: string }): Promise<unknown> => {
      const made = await create(options);
      calls.push(`create ${options.name}`);
      return made;
    }) as typeof engine.createContainer;
    const together = order(engine);
    const labels = [{ label: "tailnet-lab.kind", value: "control" }];
    const first = [
      { ...planned, name: "control", labels },
      { ...planned, name: "settings", ...oneShot },
    ];
    const all = [{ ...planned, name: "a" }, { ...planned, name: "b" }, ...first];
    for (const each of all) container.announce?.(each, together);
    await Promise.all(all.map((each) => container.create(engine, each, together)));
    const creations = calls.filter((call) => call.startsWith("create "));
    expect(creations.slice(0, 2)).toEqual(["create control", "create settings"]);
    expect(creations.slice(2).sort()).toEqual(["create a", "create b"]);
  });

  test("others start where control fails, too", async () => {
    const { engine } = fakeEngine({ create: 500 });
    const together = order(engine);
    const control = { ...planned, labels: [{ label: "tailnet-lab.kind", value: "control" }] };
    container.announce?.(control, together);
    const other = container.create(engine, { ...planned, name: "a" }, together);
    await expect(container.create(engine, control, together)).rejects.toThrow("create refused");
    await expect(other).rejects.toThrow("create refused");
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

  test("a lost connection is told as that, also by what it left half-made", () => {
    const reset = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    expect(isConnectionLost(reset)).toBe(true);
    expect(isConnectionLost(new HalfMade({ id: "c1" }, reset))).toBe(true);
    const refused = Object.assign(new Error("start refused"), { statusCode: 500 });
    expect(isConnectionLost(new HalfMade({ id: "c1" }, refused))).toBe(false);
  });
});

const oneShot = { attach: true, must_run: false };

describe("a container that runs to its end", () => {
  test("is made when it has ended", async () => {
    const { engine, calls } = fakeEngine();
    await container.create(engine, { ...planned, ...oneShot }, order(engine));
    expect(calls.slice(-2)).toEqual(["start", "wait"]);
  });

  test("fails with the last line of its output, and goes", async () => {
    const { engine, calls } = fakeEngine({}, undefined, { exitCode: 3, lastLine: "no such user" });
    await expect(
      container.create(engine, { ...planned, ...oneShot }, order(engine)),
    ).rejects.toThrow("router: it ended with exit code 3: no such user");
    expect(calls.at(-1)).toBe("remove");
  });

  test.each([
    [{ Status: "exited", Running: false, ExitCode: 0 }, true],
    [{ Status: "running", Running: true, ExitCode: 0 }, true],
    [{ Status: "exited", Running: false, ExitCode: 1 }, false],
    [{ Status: "created", Running: false, ExitCode: 0 }, false],
  ])("in the state %o it has done its work: %s", async (State, attach) => {
    const inspected = {
      Name: `/${String(planned.name)}`,
      Image: "sha256:1",
      State,
      NetworkSettings: { Networks: { none: { NetworkID: "n0" } } },
    };
    const state = { ...planned, ...oneShot, id: "c1", networks_advanced: [], network_mode: "none" };
    const { engine } = fakeEngine({}, inspected);
    expect(await container.read(engine, state)).toEqual({ ...state, attach });
    // Also where the last comparison found that it had failed, and was the last thing done.
    expect(await container.read(engine, { ...state, attach: false })).toEqual({ ...state, attach });
  });
});

describe("starting again what stopped", () => {
  const stopped = { ...planned, id: "c1", must_run: false };
  const update = async (State: object) => {
    const { engine, calls } = fakeEngine({}, { State });
    await container.update?.(engine, stopped, { ...planned, id: "c1" }, order(engine));
    return calls;
  };

  test("starts one that ended", async () => {
    expect(await update({ Running: false, Paused: false })).toEqual(["inspect", "start"]);
  });

  test("continues one that is paused", async () => {
    expect(await update({ Running: true, Paused: true })).toEqual(["inspect", "unpause"]);
  });

  test("leaves one alone of which only Terraform's own attributes change", async () => {
    const { engine, calls } = fakeEngine();
    const running = { ...planned, id: "c1" };
    await container.update?.(
      engine,
      running,
      { ...running, destroy_grace_seconds: 5 },
      order(engine),
    );
    expect(calls).toEqual([]);
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

  test("names the networks of one that never started, whose ids the engine leaves out", async () => {
    const { NetworkSettings, ...found } = inspected({ Running: false }, both);
    const Networks = Object.fromEntries(
      Object.keys(NetworkSettings.Networks).map((name) => [name, { NetworkID: "" }]),
    );
    const { engine } = fakeEngine({}, { ...found, NetworkSettings: { Networks } });
    const { networks_advanced } = (await container.read(engine, state)) ?? {};
    expect(networks_advanced).toMatchObject([{ name: "name-of-n1" }, { name: "name-of-n2" }]);
  });

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
