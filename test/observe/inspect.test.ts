import { describe, expect, test } from "vitest";
import type { ExecResult } from "../../lab/engine/exec.ts";
import { LabError } from "../../lab/errors.ts";
import { inspectLab } from "../../lab/observe/inspect.ts";
import { pairsOf } from "../../lab/observe/pairs.ts";
import type { NodeSpec } from "../../lab/plan/plan.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { NodeState, RunningNode } from "../../lab/running/running-node.ts";
import type { PeerStatus, TailnetStatus } from "../../lab/running/status.ts";

type Exec = (argv: readonly string[], options?: { signal?: AbortSignal }) => Promise<ExecResult>;

const end = (stdout: string, exitCode = 0, stderr = ""): Exec => {
  return async () => ({ stdout, stderr, exitCode });
};

function node(name: string, kind: NodeSpec["kind"], exec: Exec, state: NodeState = "running") {
  const spec: NodeSpec = {
    name,
    kind,
    network: "internet",
    nat: "none",
    addresses: [],
    services: [],
    ...(kind === "tailscale" && {
      tailnet: { hostname: name, user: "alice", tags: [], domain: "t" },
    }),
  };
  const output = async (argv: readonly string[], options?: { signal?: AbortSignal }) => {
    const { stdout, exitCode, stderr } = await exec(argv, options);
    if (exitCode !== 0) throw new LabError("NodeFailed", stderr, { where: name });
    return stdout;
  };
  return { name, spec, state, exec, output } as unknown as RunningNode;
}

function lab(...nodes: RunningNode[]): RunningLab {
  const ofKind = (kind: string) => nodes.filter(({ spec }) => spec.kind === kind);
  return {
    name: "x",
    run: "stack",
    nodes,
    gone: [],
    ofKind,
    control: ofKind("control")[0],
  } as unknown as RunningLab;
}

/** A peer as tailscaled prints it. */
function printed(name: string, more: Record<string, unknown> = {}) {
  return {
    HostName: name,
    DNSName: `${name}.t.`,
    TailscaleIPs: [`100.64.0.${name.charCodeAt(0)}`],
    Online: true,
    Relay: "fra",
    CurAddr: "",
    ExitNode: false,
    ExitNodeOption: false,
    Active: false,
    RxBytes: 0,
    TxBytes: 0,
    ...more,
  };
}

const metrics = 'tailscaled_inbound_packets_total{path="derp"} 7\n';

function status(name: string, ...peers: object[]): string {
  const Peer = Object.fromEntries(peers.map((peer, index) => [`key${index}`, peer]));
  const text = JSON.stringify({ BackendState: "Running", Self: printed(name), Peer });
  return `${text}\n\u001e\n${metrics}`;
}

const registered = ["a", "b", "c"].map((name, index) => ({
  id: index + 1,
  name,
  given_name: name,
  ip_addresses: [`100.64.0.${name.charCodeAt(0)}`],
  online: true,
}));
const control = (state?: NodeState) =>
  node("control", "control", end(JSON.stringify(registered)), state);
const a = () => node("a", "tailscale", end(status("a", printed("b"), printed("c"))));
const b = () => node("b", "tailscale", end(status("b", printed("a"), printed("c"))));

describe("a lab where all is well", () => {
  test("nodes, their counters, and idle pairs", async () => {
    const seen = await inspectLab(lab(control(), a(), b()));
    expect(seen.nodes.map(({ name, state, problem }) => [name, state, problem])).toEqual([
      ["a", "running", null],
      ["b", "running", null],
      ["control", "running", null],
    ]);
    expect(seen.nodes[0]?.tailnet).toMatchObject({
      online: true,
      homeRelay: "fra",
      traffic: { inbound: { derp: { packets: 7 } } },
    });
    expect(seen.pairs).toEqual([
      expect.objectContaining({ from: "a", to: "b", state: "idle", path: null, homeRelay: "fra" }),
    ]);
  });

  test("one process a node", async () => {
    let processes = 0;
    const counting = node("a", "tailscale", async () => {
      processes += 1;
      return { stdout: status("a"), stderr: "", exitCode: 0 };
    });
    await inspectLab(lab(control(), counting));
    expect(processes).toBe(1);
  });
});

describe("what can't be told has a reason, and holds nothing else up", () => {
  const problems = async (...nodes: RunningNode[]) => {
    const { nodes: seen } = await inspectLab(lab(...nodes), { seconds: 1 });
    return Object.fromEntries(
      seen.flatMap(({ name, problem }) => (problem === null ? [] : [[name, problem]])),
    );
  };

  test("a tailscaled that is stopped", async () => {
    const hung = node("b", "tailscale", end("", 124));
    expect(await problems(control(), a(), hung)).toEqual({
      b: "tailscaled does not answer within 1 s",
    });
    const { pairs } = await inspectLab(lab(control(), a(), hung));
    expect(pairs).toEqual([expect.objectContaining({ from: "a", to: "b", state: "idle" })]);
  });

  test("a tailscaled that is gone", async () => {
    const gone = node("b", "tailscale", end("", 1, "failed to connect to local tailscaled\n"));
    expect(await problems(control(), a(), gone)).toEqual({
      b: "failed to connect to local tailscaled",
    });
  });

  test("a container that is paused, also meanwhile", async () => {
    const never: Exec = async () => {
      throw new Error("a paused container takes no process");
    };
    expect(await problems(control(), a(), node("b", "tailscale", never, "paused"))).toEqual({
      b: "its container is paused",
    });
    const meanwhile: Exec = async () => {
      throw new LabError("NodeFailed", "its container is paused", { where: "b" });
    };
    expect(await problems(control(), node("b", "tailscale", meanwhile))).toEqual({
      b: "its container is paused",
    });
  });

  test("a process that the engine had to end", async () => {
    const stalled: Exec = async () => {
      throw new LabError("WaitTimedOut", "`sh` did not end in 5 s", { where: "b" });
    };
    expect(await problems(control(), node("b", "tailscale", stalled))).toEqual({
      b: "tailscaled does not answer within 1 s",
    });
  });

  test("an engine that is gone is an error", async () => {
    const lost: Exec = async () => {
      throw new LabError("EngineLost", "gone");
    };
    await expect(inspectLab(lab(control(), node("b", "tailscale", lost)))).rejects.toMatchObject({
      name: "EngineLost",
    });
  });

  test("control has exited, is missing, or hangs", async () => {
    expect(await problems(control("exited"), a(), b())).toEqual({
      control: "its container has exited",
    });
    const { nodes } = await inspectLab(lab(a(), b()));
    expect(nodes[0]?.tailnet).toMatchObject({
      addresses: ["100.64.0.97"],
      online: null,
      routes: null,
      homeRelay: "fra",
    });
    const hung: Exec = (_, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason));
      });
    expect(await problems(node("control", "control", hung), a())).toEqual({
      control: "Headscale does not answer within 1 s",
    });
  });

  test("a user's abort is no hung Headscale", async () => {
    const reason = new Error("interrupted");
    const signal = AbortSignal.abort(reason);
    const refuses: Exec = async () => {
      throw reason;
    };
    await expect(inspectLab(lab(node("control", "control", refuses)), { signal })).rejects.toBe(
      reason,
    );
  });

  test("logged out, or not known to Headscale", async () => {
    const out = JSON.stringify({ BackendState: "NeedsLogin", Self: null, Peer: null });
    expect(
      await problems(
        control(),
        node("b", "tailscale", end(out)),
        node("z", "tailscale", end(status("z"))),
      ),
    ).toEqual({ b: "tailscaled is in state NeedsLogin", z: "Headscale does not know it" });
  });

  test("what was declared and has no container", async () => {
    const found = Object.assign(lab(control(), a()), { gone: [b().spec] });
    const { nodes, pairs } = await inspectLab(found);
    expect(nodes.find(({ name }) => name === "b")).toMatchObject({
      state: "missing",
      problem: "it has no container",
    });
    expect(pairs).toEqual([
      expect.objectContaining({
        from: "a",
        to: "b",
        state: "down",
        reason: "b does not run",
      }),
    ]);
  });
});

describe("pairs", () => {
  const peer = (name: string, more: Partial<PeerStatus> = {}): PeerStatus => ({
    name,
    hostname: name,
    dnsName: name,
    addresses: [],
    tags: [],
    online: true,
    homeRelay: "fra",
    directTo: "",
    peerRelay: "",
    routes: [],
    exitNode: false,
    exitNodeOption: false,
    active: false,
    rxBytes: 0,
    txBytes: 0,
    keyExpiry: undefined,
    isExpired: false,
    publicKey: "",
    userId: 0,
    ...more,
  });
  const up = (name: string, ...peers: PeerStatus[]) => ({
    name,
    hostname: name,
    isRunning: true,
    status: {
      backendState: "Running",
      self: undefined,
      peers,
      health: [],
      domain: "",
      user: "",
      tun: true,
    } satisfies TailnetStatus,
  });
  const silent = (name: string, isRunning = true) => ({
    name,
    hostname: name,
    isRunning,
    status: null,
  });
  const paths = (...ends: Parameters<typeof pairsOf>[0]) =>
    pairsOf(ends).map(({ from, to, state, path, via }) => [from, to, state, path, via]);

  test("the path in use", () => {
    const direct = { directTo: "198.18.0.7:1", active: true };
    expect(paths(up("a", peer("b", direct)), up("b", peer("a", direct)))).toEqual([
      ["a", "b", "in-use", "direct", "198.18.0.7:1"],
    ]);
    const relay = { peerRelay: "198.18.0.8:1:vni:1", active: true };
    expect(paths(up("a", peer("b", relay)), up("b", peer("a", relay)))).toEqual([
      ["a", "b", "in-use", "peer-relay", "198.18.0.8:1:vni:1"],
    ]);
    expect(
      paths(up("a", peer("b", { active: true })), up("b", peer("a", { active: true }))),
    ).toEqual([["a", "b", "in-use", "derp", "fra"]]);
  });

  test("two ends that use different paths are told both", () => {
    const direct = { directTo: "198.18.0.7:1", active: true };
    expect(paths(up("b", peer("a", { active: true })), up("a", peer("b", direct)))).toEqual([
      ["a", "b", "in-use", "direct", "198.18.0.7:1"],
      ["b", "a", "in-use", "derp", "fra"],
    ]);
  });

  test("one end alone sends, or answers", () => {
    const direct = { directTo: "198.18.0.7:1", active: true };
    const sender = ["b", "a", "in-use", "direct", "198.18.0.7:1"];
    expect(paths(up("a", peer("b")), up("b", peer("a", direct)))).toEqual([sender]);
    expect(paths(silent("a"), up("b", peer("a", direct)))).toEqual([sender]);
  });

  test("none, where the policy lets neither see the other", () => {
    expect(paths(up("a"), up("b"))).toEqual([]);
    expect(paths(up("a"), silent("b"))).toEqual([]);
  });

  test("unknown where neither can be asked; down where one does not run", () => {
    expect(pairsOf([silent("a"), silent("b")])).toEqual([
      expect.objectContaining({ state: "unknown", reason: "a can't be asked; b can't be asked" }),
    ]);
    const direct = { directTo: "198.18.0.7:1", active: true };
    expect(paths(up("a", peer("b", direct)), silent("b", false))).toEqual([
      ["a", "b", "down", null, null],
    ]);
  });

  test("of two peers of one name the one that is online", () => {
    const old = peer("b", { online: false, homeRelay: "nyc" });
    expect(pairsOf([up("a", old, peer("b")), up("b", peer("a"))])[0]?.homeRelay).toBe("fra");
  });
});
