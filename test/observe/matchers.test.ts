import * as streams from "node:stream";
import { describe, expect, test } from "vitest";
import "../../scenarios/harness/expect.ts";
import type { ExecResult } from "../../lab/engine/exec.ts";
import type { ServiceSpec } from "../../lab/plan/plan.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";
import type { Cell } from "../../scenarios/harness/expect.ts";

/** How a stub's program ends. */
type Answer = Partial<ExecResult>;

interface Stub {
  name: string;
  services?: ServiceSpec[];
  /** Of the probe: the events of each attempt in turn, the last again and again; `{nonce}` is what was sent. */
  probes?: string[];
  /** Of other programs, by their name. */
  programs?: Record<string, (argv: readonly string[]) => Answer>;
  log?: () => string;
}

/** A node whose programs answer as a test says; all above them is real. */
function stub({
  name,
  services = [],
  probes = [],
  programs = {},
  log = () => "",
}: Stub): RunningNode {
  const left = [...probes];
  const probe = (argv: readonly string[]): Answer => {
    const targets = argv.slice(5);
    const events = left.length > 1 ? left.shift() : left[0];
    if (events === undefined) return { exitCode: 127, stderr: "perl: not found" };
    const lines = targets.map((target, index) => {
      const nonce = target.split("\u001f")[5] ?? "";
      return `${index}\t${events.replaceAll("{nonce}", nonce)}`;
    });
    return { stdout: `${lines.join("\n")}\n` };
  };
  const exec = async (argv: readonly string[]): Promise<ExecResult> => {
    const program = argv[0] === "perl" ? probe : programs[argv.slice(0, 2).join(" ")];
    const answer = program?.(argv) ?? { exitCode: 127, stderr: `${argv[0]}: not found` };
    return { stdout: "", stderr: "", exitCode: 0, ...answer };
  };
  return {
    name,
    container: { id: name },
    spec: { name, kind: "host", network: "n", addresses: ["10.0.0.1"], services },
    exec,
    log: async () => log(),
    async output(argv: readonly string[]) {
      const { stdout, stderr, exitCode } = await exec(argv);
      if (exitCode !== 0) throw new Error(`${name}: ${stderr}`);
      return stdout;
    },
  } as unknown as RunningNode;
}

const http: ServiceSpec = { kind: "http", port: 80 };
const echo: ServiceSpec = { kind: "tcp-echo", port: 7 };
const target = stub({ name: "target", services: [http, echo] });
const reached = "resolved 10.0.0.1\tconnected\tanswered 100 200 10.0.0.9";
const dropped = "resolved 10.0.0.1\ttimeout";

/** How an assertion ended: its error's message, or nothing. */
async function failureOf(assertion: () => Promise<void>): Promise<string | undefined> {
  try {
    await assertion();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a negated matcher refuses, asks nothing, and names another", () => {
  // Each program of this node fails: a claim about it can't be proved, and neither can its opposite.
  const silent = stub({ name: "silent" });
  const cells: Cell[] = [{ from: silent, to: target, by: "ipv4", protocol: "tcp", port: 80 }];
  const port = { port: 80 };

  test.each<[string, () => Promise<void>, string]>([
    ["toReach", () => expect(silent).not.toReach(target, port), "toFailToReach"],
    [
      "toFailToReach",
      () => expect(silent).not.toFailToReach(target, { ...port, as: "timeout" }),
      "toReach",
    ],
    [
      "toBeDenied",
      () => expect(silent).not.toBeDenied(target, { ...port, allowed: { port: 7 } }),
      "toReach",
    ],
    ["toAllBeReached", () => expect(cells).not.toAllBeReached(), "toAllMeetSilence"],
    ["toAllMeetSilence", () => expect(cells).not.toAllMeetSilence(), "toAllBeReached"],
    ["toBeDirectTo", () => expect(silent).not.toBeDirectTo(target), "toBeRelayedTo"],
    ["toBeRelayedTo", () => expect(silent).not.toBeRelayedTo(target), "toBeDirectTo"],
    ["toResolve", () => expect(silent).not.toResolve("a.example"), "toFindNoName"],
    ["toFindNoName", () => expect(silent).not.toFindNoName("a.example"), "toResolve"],
  ])("%s", async (name, assertion, instead) => {
    expect(await failureOf(assertion)).toMatch(
      new RegExp(`^${name} can't be negated: .*\n.*: use ${instead}\\(`),
    );
  });

  test("as an asymmetric matcher too", () => {
    const { toReach } = expect.not as unknown as { toReach(...args: unknown[]): unknown };
    expect(() => expect(silent).toEqual(toReach(target, port))).toThrow("can't be negated");
  });
});

describe("toReach", () => {
  const from = (...probes: string[]) => stub({ name: "caller", probes });

  test("a service that answers rightly", async () => {
    await expect(from(reached)).toReach(target, { port: 80, seenFrom: "10.0.0.9" });
    await expect(from("resolved 10.0.0.1\tconnected\tanswered 9 {nonce}")).toReach(target, {
      port: 7,
    });
  });

  test.each([
    ["accepted and closed", 80, "resolved 10.0.0.1\tconnected\tclosed", "closed"],
    ["HTTP 502", 80, "resolved 10.0.0.1\tconnected\tanswered 9 502", "bad-answer: HTTP status 502"],
    ["no HTTP", 80, "resolved 10.0.0.1\tconnected\tanswered 9 not%20HTTP", "bad-answer: not HTTP"],
    ["another echo", 7, "resolved 10.0.0.1\tconnected\tanswered 9 x", "bad-answer: another echo"],
    ["no answer", 80, "resolved 10.0.0.1\tconnected\ttimeout", "unanswered"],
    ["dropped", 80, dropped, "timeout"],
  ])("%s is not reached", async (_, port, events, seen) => {
    const failure = await failureOf(() => expect(from(events)).toReach(target, { port }));
    expect(failure).toContain(
      `caller to target:${port} over tcp\nexpected: reached\nseen:     ${seen}`,
    );
  });

  test("another caller than the service should see", async () => {
    const claim = { port: 80, seenFrom: "10.0.0.8" };
    expect(await failureOf(() => expect(from(reached)).toReach(target, claim))).toContain(
      "expected: reached, seen from 10.0.0.8\nseen:     reached, seen from 10.0.0.9",
    );
  });

  test("where nothing is known of the service, a connection is enough", async () => {
    await expect(from("resolved 10.0.0.1\tconnected\tanswered 9 ")).toReach("www.example.com", {
      port: 80,
    });
  });

  test("a check that failed fails both claims", async () => {
    const broken = stub({ name: "caller" });
    const port = { port: 80 };
    expect(await failureOf(() => expect(broken).toReach(target, port))).toMatch("perl: not found");
    expect(
      await failureOf(() => expect(broken).toFailToReach(target, { ...port, as: "timeout" })),
    ).toMatch("perl: not found");
  });
});

describe("toFailToReach", () => {
  const from = (events: string) => stub({ name: "caller", probes: [events] });

  test("in the given way, or one of some", async () => {
    await expect(from(dropped)).toFailToReach(target, { port: 80, as: "timeout" });
    await expect(from(dropped)).toFailToReach(target, { port: 80, as: ["refused", "timeout"] });
  });

  test.each([
    ["reached", reached],
    ["unanswered", "resolved 10.0.0.1\tconnected\ttimeout"],
    ["unresolved", "unresolved EAI_NONAME"],
    ["refused", "resolved 10.0.0.1\terrno connect ECONNREFUSED"],
  ])("not when it is %s", async (seen, events) => {
    const claim = { port: 80, as: "timeout" } as const;
    expect(await failureOf(() => expect(from(events)).toFailToReach(target, claim))).toContain(
      `expected: timeout\nseen:     ${seen}`,
    );
  });
});

describe("a matrix", () => {
  const cell = (events: string): Cell => ({
    from: stub({ name: "caller", probes: [events] }),
    to: target,
    by: "ipv4",
    protocol: "tcp",
    port: 80,
  });

  test("all reached, all silent", async () => {
    await expect([cell(reached), cell(reached)]).toAllBeReached();
    await expect([cell(dropped), cell(dropped)]).toAllMeetSilence();
  });

  test("one of another kind fails either", async () => {
    const mixed = [cell(reached), cell(dropped)];
    expect(await failureOf(() => expect(mixed).toAllBeReached())).toContain(
      "1 otherwise\n  caller to target:80 over tcp by ipv4: timeout",
    );
    expect(await failureOf(() => expect(mixed).toAllMeetSilence())).toContain(
      "1 otherwise\n  caller to target:80 over tcp by ipv4: reached",
    );
  });

  test.each(["resolved 10.0.0.1\tconnected\ttimeout", "resolved 10.0.0.1\tconnected\tclosed"])(
    "a service that accepts is no silence: %j",
    async (events) => {
      expect(await failureOf(() => expect([cell(events)]).toAllMeetSilence())).toContain(
        "1 otherwise",
      );
    },
  );

  test("a matrix of nothing claims nothing", async () => {
    expect(await failureOf(() => expect([]).toAllBeReached())).toBeDefined();
    expect(await failureOf(() => expect([]).toAllMeetSilence())).toBeDefined();
  });

  test("a check that failed is no silence", async () => {
    const broken: Cell = { ...cell(dropped), from: stub({ name: "broken" }) };
    expect(await failureOf(() => expect([cell(dropped), broken]).toAllMeetSilence())).toContain(
      "broken: the probe itself failed",
    );
  });
});

describe("toBeDenied", () => {
  /** Drops so many packets a look, and has seen these callers. */
  function guarded({ drops = 2, callers = [] as string[], own = reached } = {}): RunningNode {
    let total = 0;
    let looks = 0;
    return stub({
      name: "guarded",
      services: [http, echo],
      probes: [own],
      programs: {
        "tailscale metrics": () => {
          const count = total;
          total += drops;
          return { stdout: `tailscaled_inbound_dropped_packets_total{reason="acl"} ${count}\n` };
        },
      },
      log: () => {
        looks += 1;
        return looks === 1
          ? ""
          : callers.map((from) => `tailnet-lab: http:80 saw ${from}:9\n`).join("");
      },
    });
  }
  const claim = { port: 80, allowed: { port: 7 } };
  const echoed = "resolved 10.0.0.1\tconnected\tanswered 9 {nonce}";
  /** The first attempt and the control before it run together. */
  const caller = (first = dropped) =>
    stub({ name: "caller", probes: [first, echoed, first, echoed] });

  test("dropped by the policy, and by nothing else", async () => {
    await expect(caller()).toBeDenied(guarded(), claim);
  });

  test.each([
    ["reached", caller(reached), guarded(), 'an attempt ended as "reached"'],
    [
      "accepted, then silence",
      caller("resolved 10.0.0.1\tconnected\ttimeout"),
      guarded(),
      'an attempt ended as "unanswered"',
    ],
    ["not counted", caller(), guarded({ drops: 0 }), "0 were dropped at guarded for reason acl"],
    [
      "seen by the service",
      caller(),
      guarded({ callers: ["10.0.0.1"] }),
      "the service saw 10.0.0.1 1 times",
    ],
    [
      "the service is not there",
      caller(),
      guarded({ own: "resolved 10.0.0.1\terrno connect ECONNREFUSED" }),
      "no proof: the service does not even answer on guarded itself",
    ],
    [
      "nothing is allowed",
      stub({ name: "caller", probes: [dropped] }),
      guarded(),
      "no proof: caller to guarded:7 over tcp should be allowed",
    ],
  ])("not when: %s", async (_, from, to, objection) => {
    expect(await failureOf(() => expect(from).toBeDenied(to, claim))).toContain(objection);
  });

  test("a port without a service, which could see nobody", async () => {
    const failure = failureOf(() => expect(caller()).toBeDenied(guarded(), { ...claim, port: 81 }));
    expect(await failure).toContain("guarded serves nothing at tcp 81");
  });
});

describe("names", () => {
  const dig = (status: string, address?: string): Answer => ({
    stdout: `;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: 1\n${address === undefined ? "" : `a.example.\t5\tIN\tA\t${address}\n`}`,
  });
  const node = (getent: Answer, digAnswer: Answer) =>
    stub({
      name: "node",
      programs: { "getent ahosts": () => getent, "dig +tries=1": () => digAnswer },
    });
  const found: Answer = { stdout: "10.0.0.1 STREAM a.example\n" };
  const notFound: Answer = { exitCode: 2 };

  test("found, and not there", async () => {
    await expect(node(found, dig("NOERROR", "10.0.0.1"))).toResolve("a.example", {
      to: "10.0.0.1",
    });
    await expect(node(notFound, dig("NXDOMAIN"))).toFindNoName("a.example");
  });

  test.each([
    ["the resolver fails", node(notFound, dig("SERVFAIL")), "SERVFAIL"],
    ["the resolver does not answer", node(notFound, { exitCode: 9 }), "NOANSWER"],
    ["it exists and has no address", node(notFound, dig("NOERROR")), "NOERROR"],
    ["getent is missing", node({ exitCode: 127 }, dig("NXDOMAIN")), "getent ahosts"],
    ["dig is missing", node(notFound, { exitCode: 127 }), "dig +tries=1"],
  ])("neither claim holds where %s", async (_, from, why) => {
    expect(await failureOf(() => expect(from).toFindNoName("a.example"))).toContain(why);
    expect(await failureOf(() => expect(from).toResolve("a.example"))).toContain(why);
  });
});

describe("paths", () => {
  const pong = (via: string) => `pong from b (100.64.0.2) via ${via} in 1ms\n`;

  /** Pings take one path; the node's packets another, or the same. */
  function node({
    via,
    carried,
    packets = 50,
  }: {
    via: string;
    carried: string;
    packets?: number;
  }) {
    let sent = 0;
    const programs = {
      "tailscale metrics": () => ({
        stdout: `tailscaled_outbound_packets_total{path="${carried}"} ${sent}\n`,
      }),
      "ping -q": () => {
        sent += packets;
        return {};
      },
    };
    const from = stub({ name: "a", programs });
    const { PassThrough, Readable } = streams;
    return Object.assign(from, {
      spawn: async () => ({
        stdin: new PassThrough(),
        stdout: Readable.from([
          Buffer.from(via === "" ? 'ping "b" timed out\nno reply\n' : pong(via)),
        ]),
        stderr: Readable.from([]),
        exitCode: Promise.resolve(0),
        kill: async () => {},
      }),
    });
  }
  const direct = { via: "198.18.0.7:41641", carried: "direct_ipv4" };
  const derp = { via: "DERP(fra)", carried: "derp" };

  test("by ping and by the counters", async () => {
    await expect(node(direct)).toBeDirectTo(target);
    await expect(node(derp)).toBeRelayedTo(target, { via: "fra" });
  });

  test.each([
    ["the other path", node(derp), "tailscale ping took derp via fra"],
    ["the packets by another path", node({ ...direct, carried: "derp" }), "other paths carried"],
    ["no packets", node({ ...direct, packets: 0 }), "of 50 packets the counters saw 0"],
    ["no answer", node({ ...direct, via: "" }), "tailscale ping took no path"],
  ])("not direct: %s", async (_, from, objection) => {
    expect(await failureOf(() => expect(from).toBeDirectTo(target))).toContain(objection);
  });

  test("another relay", async () => {
    expect(
      await failureOf(() => expect(node(derp)).toBeRelayedTo(target, { via: "nyc" })),
    ).toContain("it went via fra");
  });
});
