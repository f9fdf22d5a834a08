import { readFile } from "node:fs/promises";
import { accessLogOf } from "../lab/observe/access-log.ts";
import { reach } from "../lab/observe/connect.ts";
import { statusOf } from "../lab/observe/status.ts";
import { serverAddress } from "../lab/plan/addresses.ts";
import { waitConverged } from "../lab/running/convergence.ts";
import { headscaleNodes } from "../lab/running/headscale.ts";
import { setPolicy } from "../lab/running/policy.ts";
import { waitReady } from "../lab/running/ready.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { expect, labTest, type ScenarioLab } from "./harness/index.ts";
import { hostOf } from "./harness/matchers/target.ts";
import { lineRate, Stream } from "./harness/stream.ts";

const whoHas = await readFile(new URL("./harness/who-has.pl", import.meta.url), "utf8");
const services = [
  { kind: "tcp-echo" as const, port: 7 },
  { kind: "http" as const, port: 80 },
];

function policy(...ports: string[]) {
  return { grants: [{ src: ["alice@"], dst: ["bob@"], ip: ports }] };
}

const topology: LabDeclaration = {
  name: "lifecycle",
  tailnet: { policy: policy("tcp:7") },
  networks: {
    home: { nat: "easy", lan: "192.168.1.0/24" },
    cafe: { nat: "easy", lan: "192.168.1.0/24" },
  },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    phone: { kind: "tailscale", network: "cafe", user: "bob", services },
    tablet: { kind: "tailscale", network: "cafe", user: "bob", services },
  },
};

/** A node that logs in again is another one to Headscale, with another address. */
const test = labTest(topology, { shared: false });

test("a node that loses its power comes back as the same node", async ({ lab }) => {
  const laptop = lab.node("laptop");
  const phone = lab.node("phone");
  const before = await identities(lab);
  const address = await hostOf(phone, "ipv4");
  await expect(laptop).toReach(address, { port: 7 });
  await phone.kill();
  await expect(laptop).toFailToReach(address, { port: 7, as: ["timeout", "unreachable"] });
  const since = performance.now();
  await phone.start();
  await waitReady([phone]);
  expect(await identities(lab), "nodes that Headscale knows").toEqual(before);
  await opens(laptop, phone, { port: 7, service: "tcp-echo" });
  console.log(`node started → reached again: ${seconds(performance.now() - since)}`);
});

test("a node that restarts while control does not answer has no double in its network", async ({
  lab,
}) => {
  const tablet = lab.node("tablet");
  // Its connection to control can't end, and the kernel keeps the network of the stopped container for it.
  const drop = `ip saddr ${serverAddress.control} drop`;
  await tablet.output([
    "nft",
    `table inet lost { chain input { type filter hook input priority raw; ${drop}; }; }`,
  ]);
  await tablet.restart();
  await waitReady([tablet]);
  const [address = ""] = tablet.spec.addresses;
  const answers = await lab
    .node("router-cafe")
    .output(["perl", "-e", whoHas, "--", "lan", address]);
  expect(answers.trim(), "machines that answer for the tablet's address").toBe("1");
});

test("the control server restarts and traffic never stops", async ({ lab }) => {
  const laptop = lab.node("laptop");
  const phone = lab.node("phone");
  const { control } = lab.running;
  await expect(laptop).toBeDenied(phone, { port: 80, allowed: { port: 7 } });
  const since = new Date().toISOString();
  await using stream = await Stream.open(laptop, await hostOf(phone, "ipv4"), 7);
  // The path of the first seconds changes from relay to direct.
  await expect(laptop).toBeDirectTo(phone);

  const stopped = performance.now();
  await control.stop();
  await stream.further(2 * lineRate);
  const started = performance.now();
  await control.start();
  await waitReady([control]);
  const back = performance.now();
  await stream.further(lineRate);
  const gap = stream.longestGap(stopped);
  expect(gap.ms, "the longest time in ms that the stream stood still").toBeLessThan(1000);
  const { stderr, ...end } = await stream.end();
  expect(end, stderr).toMatchObject({ echoed: end.sent, outOfOrder: undefined, exitCode: 0 });
  const connections = (await accessLogOf(phone, since)).filter((each) => each.port === 7);
  expect(connections, "the echo service saw one connection").toHaveLength(1);

  await setPolicy(lab.running, JSON.stringify(policy("tcp:7", "tcp:80")));
  try {
    const set = performance.now();
    await opens(laptop, phone, { port: 80, service: "http" });
    console.log(
      `control away for ${seconds(back - stopped)} (it starts in ${seconds(back - started)}); the stream's longest gap was ${gap.ms.toFixed(0)} ms; a new policy took effect after ${seconds(performance.now() - set)}`,
    );
  } finally {
    await setPolicy(lab.running, JSON.stringify(policy("tcp:7")));
  }
});

test("a node that is logged out disappears from its peers", async ({ lab }) => {
  const laptop = lab.node("laptop");
  const tablet = lab.node("tablet");
  const address = await hostOf(tablet, "ipv4");
  await expect(laptop).toReach(address, { port: 7 });
  await tablet.output(["tailscale", "logout"]);
  try {
    const sees = (names: () => Promise<string[]>, message: string) =>
      expect.poll(names, { timeout: 20_000, interval: 100, message }).toEqual(["phone"]);
    await sees(
      () => validPeers(lab, "laptop"),
      "of the laptop's peers only the phone's key is valid",
    );
    await expect(laptop).toFailToReach(address, { port: 7, as: ["timeout", "unreachable"] });
    await expect(laptop).toReach(lab.node("phone"), { port: 7 });
    // Headscale keeps a node that is logged out, with an expired key, until someone deletes it.
    const known = (await headscaleNodes(lab.running)).find((node) => node.name === "tablet");
    await lab.running.control.output([
      "headscale",
      "nodes",
      "delete",
      "--force",
      "-i",
      known?.id ?? "",
    ]);
    await sees(() => peersOf(lab, "laptop"), "the phone is the laptop's only peer");
  } finally {
    // Its boot script logs in again.
    await tablet.restart();
    await waitReady([tablet]);
    await waitConverged(lab.running);
  }
  await expect(laptop).toReach(tablet, { port: 7 });
});

/** A port that is closed now is reached before long. */
async function opens(
  from: RunningNode,
  target: RunningNode,
  service: { port: number; service: "http" | "tcp-echo" },
): Promise<void> {
  const host = await hostOf(target, "ipv4");
  await expect
    .poll(() => reach(from, { ...service, host, protocol: "tcp" }, { seconds: 1 }), {
      timeout: 20_000,
      interval: 0,
      message: `${from.name} reaches port ${service.port} of ${target.name}`,
    })
    .toMatchObject({ outcome: "reached" });
}

/** Names, ids and addresses, as Headscale knows them. */
async function identities(lab: ScenarioLab) {
  const nodes = await headscaleNodes(lab.running);
  return nodes.map(({ id, name, givenName, addresses }) => ({ id, name, givenName, addresses }));
}

async function peersOf(lab: ScenarioLab, name: string): Promise<string[]> {
  return (await statusOf(lab.node(name))).peers.map((peer) => peer.name);
}

/** Without those whose key has expired: nothing is sent to them. */
async function validPeers(lab: ScenarioLab, name: string): Promise<string[]> {
  const { peers } = await statusOf(lab.node(name));
  const isValid = (expiry: string | undefined) =>
    expiry === undefined || Date.parse(expiry) > Date.now();
  return peers.filter((peer) => isValid(peer.keyExpiry)).map((peer) => peer.name);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
