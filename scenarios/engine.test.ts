/** What a lab needs of a Docker Engine: `npm test` runs this on two of them. */
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
