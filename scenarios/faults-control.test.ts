import { netcheckOf } from "../lab/observe/netcheck.ts";
import { resolveName } from "../lab/observe/resolve.ts";
import { statusOf } from "../lab/observe/status.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import type { FaultDeclaration } from "../lab/topology/faults.ts";
import { expect, labTest } from "./harness/index.ts";
import { hostOf } from "./harness/matchers/target.ts";

/** Faults of names, of control and of relays. */

const web = [{ kind: "http" as const, port: 80 }];

const test = labTest({
  name: "faults-control",
  tailnet: {
    policy: {
      tagOwners: { "tag:router": ["alice@"] },
      grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }],
      autoApprovers: { routes: { "10.20.0.0/24": ["tag:router"] } },
    },
    dns: { splitDns: { "corp.internal": ["office-dns"] } },
  },
  networks: {
    home: { nat: "easy", lan: "192.168.1.0/24" },
    cafe: { nat: "easy", lan: "192.168.2.0/24" },
    office: { nat: "hard", lan: "10.20.0.0/24" },
  },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice", acceptRoutes: true },
    tablet: { kind: "tailscale", network: "home", user: "alice" },
    phone: { kind: "tailscale", network: "cafe", user: "bob", services: web },
    router: {
      kind: "tailscale",
      network: "office",
      tags: ["tag:router"],
      advertiseRoutes: ["10.20.0.0/24"],
      services: web,
    },
    "office-dns": {
      kind: "host",
      network: "office",
      address: "10.20.0.53",
      services: [
        { kind: "dns", domain: "corp.internal", records: { "wiki.corp.internal": "10.20.0.53" } },
      ],
    },
    www: { kind: "host", network: "internet", publicNames: ["www.example.com"], services: web },
  },
});

const http = { port: 80 };
/** A netmap takes its moment, on a busy machine more. */
const soon = { timeout: 30_000 };

test("resolv-conf-overwritten and accept-dns-off: names of the tailnet fail on that node alone", async ({
  lab,
}) => {
  const [laptop, tablet] = [lab.node("laptop"), lab.node("tablet")];
  const to = await hostOf(lab.node("phone"), "ipv4");
  for (const kind of ["resolv-conf-overwritten", "accept-dns-off"] as const) {
    await expect(laptop).toResolve("phone", { to });
    const before = await laptop.output(["cat", "/etc/resolv.conf"]);
    {
      await using _ = await lab.inject({ kind, node: "laptop" });
      await comesTo(laptop, "phone", []);
      await comesTo(
        laptop,
        "www.example.com",
        expect.arrayContaining([await hostOf(lab.node("www"), "ipv4")]),
      );
      await expect(tablet).toResolve("phone", { to });
      await expect(laptop).toReach(lab.node("phone"), http);
    }
    await comesTo(laptop, "phone", expect.arrayContaining([to]));
    expect(await laptop.output(["cat", "/etc/resolv.conf"])).toBe(before);
  }
});

test("dns-server-down: only the names of that server fail", async ({ lab }) => {
  const laptop = lab.node("laptop");
  await expect(laptop).toResolve("wiki.corp.internal", { to: "10.20.0.53" });
  {
    await using _ = await lab.inject({ kind: "dns-server-down", server: "office-dns" });
    // tailscaled tries until its own limit: programs would wait for long.
    const dig = ["dig", "+short", "+tries=1", "+time=3", "@100.100.100.100"];
    const { stdout } = await laptop.exec([...dig, "wiki.corp.internal"]);
    expect(stdout).not.toContain("10.20.0.53");
    expect(await laptop.output([...dig, "phone.tailnet.lab"])).toContain("100.64.");
    await comesTo(
      laptop,
      "phone",
      expect.arrayContaining([await hostOf(lab.node("phone"), "ipv4")]),
    );
  }
  await comesTo(laptop, "wiki.corp.internal", ["10.20.0.53"]);
});

test("magic-dns-off: every node is told, and split DNS goes on", async ({ lab }) => {
  const laptop = lab.node("laptop");
  const before = await laptop.output(["tailscale", "dns", "status"]);
  expect(before).toContain("MagicDNS: enabled tailnet-wide");
  {
    await using _ = await lab.inject({ kind: "magic-dns-off" });
    const status = () => laptop.output(["tailscale", "dns", "status"]);
    await expect.poll(status, soon).toContain("MagicDNS: disabled tailnet-wide");
    await comesTo(laptop, "wiki.corp.internal", ["10.20.0.53"]);
  }
  await expect.poll(() => laptop.output(["tailscale", "dns", "status"]), soon).toBe(before);
  await comesTo(laptop, "phone", expect.arrayContaining([await hostOf(lab.node("phone"), "ipv4")]));
});

test("dns-loop: names of the internet are asked in a circle until they time out", async ({
  lab,
}) => {
  const laptop = lab.node("laptop");
  const address = (await lab.node("router").output(["tailscale", "ip", "-4"])).trim();
  const resolvers = async () =>
    (await laptop.output(["tailscale", "debug", "netmap"])).includes(`"Addr": "${address}"`);
  {
    await using _ = await lab.inject({ kind: "dns-loop" });
    await expect.poll(resolvers, soon).toBe(true);
    const { stdout } = await laptop.exec([
      "dig",
      "+tries=1",
      "+time=4",
      "@100.100.100.100",
      "www.example.com",
    ]);
    expect(stdout).not.toContain("status: NOERROR");
    expect(await resolveName(laptop, "phone")).toContain(await hostOf(lab.node("phone"), "ipv4"));
  }
  await expect.poll(resolvers, soon).toBe(false);
  await comesTo(laptop, "www.example.com", expect.not.arrayContaining(["none"]));
});

test("control-down: traffic goes on, and Headscale answers nobody until it is cleared", async ({
  lab,
}) => {
  const laptop = lab.node("laptop");
  const health = () =>
    laptop.exec(["curl", "-sS", "--max-time", "2", "https://control.lab.test/health"]);
  expect((await health()).exitCode).toBe(0);
  {
    await using _ = await lab.inject({ kind: "control-down" });
    const { exitCode, stderr } = await health();
    expect(exitCode, stderr).toBe(7);
    await expect(laptop).toReach(lab.node("phone"), http);
  }
  expect((await health()).exitCode).toBe(0);
});

test("control-unreachable: for one node, and its traffic goes on", async ({ lab }) => {
  const [laptop, tablet] = [lab.node("laptop"), lab.node("tablet")];
  const asks = async (node: RunningNode) =>
    (await node.exec(["curl", "-sS", "--max-time", "2", "https://control.lab.test/health"]))
      .exitCode;
  {
    await using _ = await lab.inject({ kind: "control-unreachable", node: "laptop" });
    expect(await asks(laptop), "curl's code of a timeout").toBe(28);
    expect(await asks(tablet)).toBe(0);
    await expect(laptop).toReach(lab.node("phone"), http);
  }
  expect(await asks(laptop)).toBe(0);
});

test("map-stream-cut: what is new does not come, and the node sees no fault", async ({ lab }) => {
  const [laptop, tablet] = [lab.node("laptop"), lab.node("tablet")];
  const nameOfPhone = async (node: RunningNode) => {
    const address = await hostOf(lab.node("phone"), "ipv4");
    const { peers } = await statusOf(node);
    return peers.find(({ addresses }) => addresses.includes(address))?.name;
  };
  const phone = lab.node("phone");
  // A stream that is opened again just now, as after the test before, would begin well.
  await phone.output(["tailscale", "set", "--hostname=mobile"]);
  await expect.poll(() => nameOfPhone(laptop), soon).toBe("mobile");
  await phone.output(["tailscale", "set", "--hostname=phone"]);
  await expect.poll(() => nameOfPhone(laptop), soon).toBe("phone");
  {
    await using _ = await lab.inject({ kind: "map-stream-cut", node: "laptop" });
    try {
      await phone.output(["tailscale", "set", "--hostname=handset"]);
      await expect.poll(() => nameOfPhone(tablet), soon).toBe("handset");
      // Longer than it took the other one.
      await stays(() => nameOfPhone(laptop), "phone", 5000);
      const { backendState, health } = await statusOf(laptop);
      expect(backendState).toBe("Running");
      expect(health).toEqual([]);
      const curl = ["curl", "-sS", "--max-time", "3", "https://control.lab.test/health"];
      expect((await laptop.exec(curl)).exitCode, "new connections begin well").toBe(0);
    } finally {
      await phone.output(["tailscale", "set", "--hostname=phone"]);
    }
  }
  await expect.poll(() => nameOfPhone(laptop), soon).toBe("phone");
});

/** What curl's exit code says of the relay's TCP and TLS, and netcheck of its STUN. */
const relayFaults = [
  { fault: { kind: "relay-down", region: "fra" }, curl: 7, stun: false },
  { fault: { kind: "relay-tcp-blocked", region: "fra" }, curl: 28, stun: true },
  { fault: { kind: "relay-tcp-blocked", region: "fra", at: "home" }, curl: 28, stun: true },
  { fault: { kind: "relay-untrusted", region: "fra" }, curl: 60, stun: true },
  {
    fault: { kind: "relay-untrusted", region: "fra", certificate: "not-yet-valid" },
    curl: 60,
    stun: true,
  },
] as const satisfies readonly { fault: FaultDeclaration; curl: number; stun: boolean }[];

test("faults of a relay: its TCP, its certificate, its STUN", async ({ lab }) => {
  const [laptop, phone] = [lab.node("laptop"), lab.node("phone")];
  const asks = (node: RunningNode, region = "fra") =>
    node.exec(["curl", "-sS", "--max-time", "2", `https://derp-${region}.lab.test/`]);
  const stunOf = async () => Object.keys((await netcheckOf(laptop)).relayLatencyMs);
  expect((await asks(laptop)).exitCode).toBe(0);
  for (const { fault, curl, stun } of relayFaults) {
    {
      await using _ = await lab.inject(fault);
      const { exitCode, stderr } = await asks(laptop);
      expect(exitCode, `${JSON.stringify(fault)}: ${stderr}`).toBe(curl);
      expect(await stunOf(), JSON.stringify(fault)).toEqual(
        stun ? expect.arrayContaining(["fra", "nyc"]) : ["nyc"],
      );
      expect((await asks(phone)).exitCode, "whom it is about").toBe("at" in fault ? 0 : curl);
      expect((await asks(laptop, "nyc")).exitCode, "the other relay").toBe(0);
      if (fault.kind === "relay-untrusted") {
        expect(stderr).toMatch("certificate" in fault ? /not yet valid/ : /expired/);
      }
    }
    expect((await asks(laptop)).exitCode, `after ${JSON.stringify(fault)}`).toBe(0);
  }
  expect(await stunOf()).toEqual(expect.arrayContaining(["fra", "nyc"]));
});

/** getaddrinfo's answer comes to this. */
async function comesTo(node: RunningNode, name: string, answer: unknown): Promise<void> {
  await expect
    .poll(() => resolveName(node, name), { ...soon, message: `${node.name}: ${name}` })
    .toEqual(answer);
}

/** A value does not change for a time, in ms. */
async function stays<T>(read: () => Promise<T>, value: T, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) expect(await read()).toBe(value);
}
