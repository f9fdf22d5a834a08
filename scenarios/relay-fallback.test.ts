import { accessLogOf } from "../lab/observe/access-log.ts";
import { lastPath, pingPeer } from "../lab/observe/ping.ts";
import { statusOf } from "../lab/observe/status.ts";
import { expect, labTest, type ScenarioLab } from "./harness/index.ts";
import { hostOf } from "./harness/matchers/target.ts";
import { lineRate, Stream } from "./harness/stream.ts";

const test = labTest({
  name: "fallback",
  networks: {
    home: { nat: "easy", lan: "192.168.1.0/24" },
    cafe: { nat: "easy", lan: "192.168.1.0/24" },
    office: { nat: "hard", lan: "10.20.0.0/24" },
    studio: { nat: "hard", lan: "192.168.50.0/24" },
  },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    phone: {
      kind: "tailscale",
      network: "cafe",
      user: "bob",
      services: [{ kind: "tcp-echo", port: 7 }],
    },
    server: {
      kind: "tailscale",
      network: "office",
      user: "alice",
      services: [{ kind: "tcp-echo", port: 7 }],
    },
    workstation: { kind: "tailscale", network: "studio", user: "alice" },
  },
});

test("a running TCP stream goes on through a relay while UDP is cut, and back to direct", async ({
  lab,
}) => {
  const laptop = lab.node("laptop");
  const phone = lab.node("phone");
  const since = new Date().toISOString();
  await using stream = await Stream.open(laptop, await hostOf(phone, "ipv4"), 7);
  await stream.comesBackBy("direct_ipv4", "the stream goes direct");
  await stays(stream, "direct_ipv4");

  const cut = performance.now();
  {
    await using _ = await lab.inject({ kind: "cut", between: ["home", "cafe"], protocol: "udp" });
    await stream.comesBackBy("derp", "UDP is cut: the stream goes through a relay");
    await stays(stream, "derp");
  }
  const gap = stream.longestGap(cut);

  const healed = performance.now();
  await stream.comesBackBy("direct_ipv4", "UDP is healed: the stream goes direct again");
  const direct = performance.now();
  await stays(stream, "direct_ipv4");

  const { stderr, ...end } = await stream.end();
  expect(end, stderr).toEqual({
    sent: expect.any(Number),
    echoed: end.sent,
    outOfOrder: undefined,
    exitCode: 0,
  });
  const connections = (await accessLogOf(phone, since)).filter((each) => each.port === 7);
  expect(connections, "the echo service saw one connection").toHaveLength(1);
  console.log(
    `UDP cut → relay: ${seconds(gap.endedAt - cut)} (the stream stood still for ${seconds(gap.ms)}); healed → direct: ${seconds(direct - healed)}; ${end.sent} lines, all back in order`,
  );
});

test("the home relay dies: nodes move to the other and reach each other again", async ({ lab }) => {
  const workstation = lab.node("workstation");
  const server = lab.node("server");
  const dying = await homeRelay(lab, "server");
  const other = lab.running.ofKind("relay").find((relay) => relay.spec.region !== dying);
  const nodes = lab.running.ofKind("tailscale").map((node) => node.name);
  await using stream = await Stream.open(workstation, await hostOf(server, "ipv4"), 7);
  expect(await stream.pathsBack(), "paths that carry the stream between hard NATs").toEqual([
    "derp",
  ]);

  const died = performance.now();
  await using _ = await lab.inject({ kind: "kill", node: `derp-${dying}` });
  await expect
    .poll(() => Promise.all(nodes.map((node) => homeRelay(lab, node))), {
      timeout: 45_000,
      message: `${dying} is dead: every node's home relay is the other one`,
    })
    .toEqual(nodes.map(() => other?.spec.region));
  const moved = performance.now();
  await stream.further(lineRate);
  await expect(workstation).toReach(server, { port: 7 });
  const ping = await pingPeer(workstation, await hostOf(server, "ipv4"), { count: 1 });
  expect(lastPath(ping, workstation.name, server.name)).toMatchObject({
    path: "derp",
    via: other?.spec.region,
  });
  const { stderr, ...end } = await stream.end();
  expect(end, stderr).toMatchObject({ echoed: end.sent, outOfOrder: undefined, exitCode: 0 });
  const gap = stream.longestGap(died);
  console.log(
    `home relay ${dying} dead → all nodes at ${other?.spec.region}: ${seconds(moved - died)}; → reached again: ${seconds(gap.endedAt - died)} (the stream stood still for ${seconds(gap.ms)})`,
  );
});

/** The next two seconds of the stream come back by one path and no other. */
async function stays(stream: Stream, path: string): Promise<void> {
  expect(await stream.pathsBack(2 * lineRate), "paths that carry the stream for 2 s").toEqual([
    path,
  ]);
}

async function homeRelay(lab: ScenarioLab, name: string): Promise<string> {
  return (await statusOf(lab.node(name))).self?.homeRelay ?? "";
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
