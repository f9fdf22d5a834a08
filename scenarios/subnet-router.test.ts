import { accessLogOf } from "../lab/observe/access-log.ts";
import { flowsOf } from "../lab/observe/conntrack.ts";
import { statusOf } from "../lab/observe/status.ts";
import { approveRoutes, headscaleNodes } from "../lab/running/headscale.ts";
import { expect, labTest, type ScenarioLab } from "./harness/index.ts";
import { hostOf } from "./harness/matchers/target.ts";

const office = "10.20.0.0/24";
const depot = "10.30.0.0/24";
/** Without the route, packets go to the NAT router, which knows no such network: it says so, or its limit of ICMP errors is used up. */
const unrouted = ["unreachable", "timeout"] as const;

/** No `autoApprovers`: each test says itself what is approved. */
const test = labTest({
  name: "subnets",
  tailnet: {
    policy: {
      tagOwners: { "tag:router": ["alice@"] },
      grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }],
    },
  },
  networks: {
    home: { nat: "easy", lan: "192.168.1.0/24" },
    office: { nat: "hard", lan: office },
    depot: { nat: "easy", lan: depot },
  },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice", acceptRoutes: true },
    tablet: { kind: "tailscale", network: "home", user: "alice", acceptRoutes: false },
    router: {
      kind: "tailscale",
      network: "office",
      tags: ["tag:router"],
      advertiseRoutes: [office],
      services: [{ kind: "http", port: 80 }],
    },
    printer: { kind: "host", network: "office", services: [{ kind: "http", port: 80 }] },
    forwarder: {
      kind: "tailscale",
      network: "depot",
      tags: ["tag:router"],
      advertiseRoutes: [depot],
      snatSubnetRoutes: false,
    },
    scanner: { kind: "host", network: "depot", services: [{ kind: "http", port: 80 }] },
  },
});

test("the printer is not reached before its route is approved", async ({ lab }) => {
  const laptop = lab.node("laptop");
  const printer = lab.node("printer");
  const router = (await headscaleNodes(lab.running)).find((node) => node.name === "router");
  expect(router?.advertisedRoutes, "the router's advertised routes").toEqual([office]);
  expect(router?.approvedRoutes, "the router's approved routes").toEqual([]);
  await expect(laptop).toFailToReach(printer, { port: 80, as: unrouted });
  {
    await using _ = await approved(lab, "router", office);
    await expect(laptop).toReach(printer, { port: 80 });
  }
  await expect(laptop).toFailToReach(printer, { port: 80, as: unrouted });
});

test("the printer is reached through the router", async ({ lab }) => {
  await using _ = await approved(lab, "router", office);
  await expect(lab.node("laptop")).toReach(lab.node("printer"), { port: 80 });
  const flows = await flowsOf(lab.node("router"));
  const through = flows.filter((flow) => flow.original.destination === addressOf(lab, "printer"));
  expect(through, "flows to the printer in the router's kernel").toContainEqual(
    expect.objectContaining({
      original: expect.objectContaining({ source: await hostOf(lab.node("laptop"), "ipv4") }),
    }),
  );
});

test("not by a client that does not accept routes", async ({ lab }) => {
  const tablet = lab.node("tablet");
  const printer = lab.node("printer");
  await using _ = await approved(lab, "router", office);
  await Promise.all([
    expect(lab.node("laptop")).toReach(printer, { port: 80 }),
    expect(tablet).toReach(lab.node("router"), { port: 80 }),
    expect(tablet).toFailToReach(printer, { port: 80, as: unrouted }),
  ]);
});

test("with SNAT the printer sees the router", async ({ lab }) => {
  await using _ = await approved(lab, "router", office);
  const router = addressOf(lab, "router");
  await expect(lab.node("laptop")).toReach(lab.node("printer"), { port: 80, seenFrom: router });
});

test("without SNAT the scanner sees the client, and needs a way back", async ({ lab }) => {
  const laptop = lab.node("laptop");
  const scanner = lab.node("scanner");
  const client = await hostOf(lab.node("laptop"), "ipv4");
  await using _ = await approved(lab, "forwarder", depot);
  // Its answers go to its NAT router, which knows no tailnet.
  await expect(laptop).toFailToReach(scanner, { port: 80, as: "timeout" });
  const route = ["100.64.0.0/10", "via", addressOf(lab, "forwarder")];
  await scanner.output(["ip", "route", "add", ...route]);
  try {
    const since = new Date().toISOString();
    await expect(laptop).toReach(scanner, { port: 80, seenFrom: client });
    expect((await accessLogOf(scanner, since)).map((each) => each.from)).toEqual([client]);
  } finally {
    await scanner.output(["ip", "route", "del", ...route]);
  }
});

/** Approves a route for a test's time; resolves when the laptop has it, and, disposed of, when it has it no more. */
async function approved(lab: ScenarioLab, router: string, route: string): Promise<AsyncDisposable> {
  const takenUp = (isTakenUp: boolean) =>
    expect
      .poll(async () => await routesOf(lab, router), {
        timeout: 20_000,
        interval: 100,
        message: `the laptop has ${isTakenUp ? "" : "no longer "}${route} by ${router}`,
      })
      .toEqual(isTakenUp ? [route] : []);
  await approveRoutes(lab.running, router, [route]);
  await takenUp(true);
  return {
    [Symbol.asyncDispose]: async () => {
      await approveRoutes(lab.running, router, []);
      await takenUp(false);
    },
  };
}

/** The routes that the laptop's netmap has by a router. */
async function routesOf(lab: ScenarioLab, router: string): Promise<string[]> {
  const { peers } = await statusOf(lab.node("laptop"));
  return peers.find((peer) => peer.name === router)?.routes ?? [];
}

function addressOf(lab: ScenarioLab, name: string): string {
  return lab.node(name).spec.addresses[0] ?? "";
}
