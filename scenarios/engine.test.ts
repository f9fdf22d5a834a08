/** What a lab needs of a Docker Engine: `npm test` runs this on two of them. */
import { spawn } from "node:child_process";
import { connectEngine } from "../lab/engine/engine.ts";
import { label } from "../lab/plan/plan.ts";
import { expect, labTest } from "./harness/index.ts";

const http = { kind: "http" as const, port: 80 };

const test = labTest(
  {
    name: "engine",
    tailnet: { policy: { grants: [{ src: ["alice@"], dst: ["bob@"], ip: ["tcp:80"] }] } },
    networks: {
      home: { nat: "easy", lan: "192.168.1.0/24" },
      cafe: { nat: "easy", lan: "192.168.1.0/24" },
    },
    nodes: {
      laptop: { kind: "tailscale", network: "home", user: "alice" },
      phone: {
        kind: "tailscale",
        network: "cafe",
        user: "bob",
        services: [http, { kind: "tcp-echo", port: 7 }],
      },
      www: { kind: "host", network: "internet", services: [http] },
      visitor: { kind: "host", network: "internet" },
    },
  },
  { shared: false },
);

test("what the policy allows is reached, by both families", async ({ lab }) => {
  for (const by of ["ipv4", "ipv6"] as const) {
    await expect(lab.node("laptop")).toReach(lab.node("phone"), { port: 80, by });
  }
});

test("what it does not allow is denied", async ({ lab }) => {
  await expect(lab.node("laptop")).toBeDenied(lab.node("phone"), {
    port: 7,
    allowed: { port: 80 },
  });
});

test("through two NATs: direct", async ({ lab }) => {
  await expect(lab.node("laptop")).toBeDirectTo(lab.node("phone"));
});

test("the simulated internet has IPv6", async ({ lab }) => {
  await expect(lab.node("visitor")).toReach(lab.node("www"), { port: 80, by: "ipv6" });
});

test("every machine knows its neighbours by permanent entries, and finds none by ARP", async ({
  lab,
}) => {
  const linksOf = (network: string) =>
    lab.plan.containers.flatMap(({ name, interfaces }) =>
      interfaces.filter((each) => each.network === network).map((each) => ({ name, ...each })),
    );
  for (const name of ["www", "router-home", "laptop"]) {
    const node = lab.node(name);
    const all: { dst: string; state: string[] }[] = JSON.parse(
      await node.output(["ip", "-j", "neigh", "show", "nud", "all"]),
    );
    const own = lab.plan.containers.find((each) => each.name === name)?.interfaces ?? [];
    const others = own
      .flatMap(({ network }) => linksOf(network))
      .filter((link) => link.name !== name)
      .flatMap(({ addresses }) => addresses.map((address) => address.split("/")[0]));
    const isPermanent = ({ state }: { state: string[] }) => state.includes("PERMANENT");
    expect(
      all.filter(isPermanent).map(({ dst }) => dst),
      `permanent neighbours of ${name}`,
    ).toEqual(expect.arrayContaining(others));
    // An address that nobody has is asked for: tailscaled tries a peer's LAN address in its own LAN.
    const isFound = ({ state }: { state: string[] }) =>
      state.some((each) => ["REACHABLE", "STALE", "DELAY", "PROBE"].includes(each));
    const byArp = all.filter((each) => !each.dst.includes(":") && isFound(each));
    expect(byArp, `neighbours that ${name} found by ARP`).toEqual([]);
  }
});

test("a program's own container is gone when it has ended, also where who ran it was killed", async ({
  lab,
}) => {
  const engine = await connectEngine();
  const { Image } = await lab.node("dns").container.inspect();
  const Labels = {
    [label.lab]: lab.plan.lab,
    [label.run]: lab.running.run,
    [label.kind]: "one-shot",
  };
  const states = async () => {
    const filters = { label: Object.entries(Labels).map((each) => each.join("=")) };
    return (await engine.listContainers({ all: true, filters })).map(({ State }) => State);
  };
  const moduleOf = (file: string) => JSON.stringify(import.meta.resolve(`../lab/engine/${file}`));
  const runs = `const { connectEngine } = await import(${moduleOf("engine.ts")});
const { runOnce } = await import(${moduleOf("run-once.ts")});
const [options] = process.argv.slice(-1);
await runOnce(await connectEngine(), JSON.parse(options));`;
  const options = JSON.stringify({ Image, Entrypoint: ["sleep", "2"], Labels });
  const args = ["--input-type=module", "--eval", runs, options];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  await expect.poll(states, { timeout: 15_000 }).toEqual(["running"]);
  child.kill("SIGKILL");
  await expect.poll(states, { timeout: 15_000, message: "what is left of it" }).toEqual([]);
});

test("a lab that is gone leaves nothing", async ({ lab }) => {
  const engine = await connectEngine();
  const filters = { label: [`${label.lab}=${lab.plan.lab}`] };
  const left = async () => {
    const [containers, networks, { Volumes }] = await Promise.all([
      engine.listContainers({ all: true, filters }),
      engine.listNetworks({ filters }),
      engine.listVolumes({ filters }),
    ]);
    return {
      containers: containers.length,
      networks: networks.length,
      volumes: Volumes.length,
    };
  };
  const { containers, networks } = lab.plan;
  const planned = { containers: containers.length, networks: networks.length };
  expect(await left(), "while it runs").toMatchObject(planned);
  await lab[Symbol.asyncDispose]();
  expect(await left(), "when it is gone").toEqual({ containers: 0, networks: 0, volumes: 0 });
});
