import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { nextText } from "../../cli/case-text.ts";
import { netcheckText } from "../../cli/commands/netcheck.ts";
import { pingSummary, replyText } from "../../cli/commands/ping.ts";
import { reachText } from "../../cli/commands/reach.ts";
import { next } from "../../cli/commands/up.ts";
import { failureOf } from "../../cli/failure.ts";
import { faultsToLose, faultTable, lostFaults } from "../../cli/fault-report.ts";
import { inspectionText, nodeTable, pairTable } from "../../cli/inspection.ts";
import { showProgress } from "../../cli/progress.ts";
import { table, tableWidth } from "../../cli/table.ts";
import { LabError } from "../../lab/errors.ts";
import type { FaultRecord } from "../../lab/faults/record.ts";
import { Interrupted } from "../../lab/interrupt.ts";
import type { InspectedNode } from "../../lab/observe/inspect.ts";
import type { ReachResult } from "../../lab/observe/outcome.ts";
import type { InspectedPair } from "../../lab/observe/pairs.ts";
import type { NodeSpec } from "../../lab/plan/plan.ts";

describe("a table", () => {
  test("its columns line up, and no line ends in blanks", () => {
    expect(
      table([
        ["A", "BB", "C"],
        ["long", "x"],
        ["", "y", "z"],
      ]),
    ).toBe("A     BB  C\nlong  x\n      y   z");
  });

  test("where it is too wide, cells go on in the next line, the widest first", () => {
    const rows = [
      ["NODE", "ADDRESSES", "WHO"],
      ["laptop", "100.64.0.2 fd7a:115c:a1e0::2", "alice"],
    ];
    expect(table(rows, 32)).toBe(
      "NODE    ADDRESSES          WHO\nlaptop  100.64.0.2         alice\n        fd7a:115c:a1e0::2",
    );
    // A word is never broken.
    expect(table(rows, 10)).toBe(table(rows, 32));
  });

  test("is as wide as the terminal, and whole where there is none", () => {
    expect(tableWidth({ isTTY: true, columns: 80 })).toBe(80);
    expect(tableWidth({ columns: 80 })).toBe(Number.POSITIVE_INFINITY);
    expect(tableWidth({ isTTY: true, columns: 0 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("inspect", () => {
  const common = { network: "office", nat: "hard", addresses: ["10.20.0.2"] } as const;
  const running = { state: "running", problem: null } as const;
  const tailnet: InspectedNode["tailnet"] = {
    addresses: ["100.64.0.2", "fd7a:115c:a1e0::2"],
    user: null,
    tags: ["tag:router"],
    online: false,
    homeRelay: null,
    routes: { advertised: ["10.20.0.0/24", "10.30.0.0/24"], approved: ["10.20.0.0/24"] },
    traffic: null,
  };
  const router: InspectedNode = {
    ...common,
    ...running,
    addresses: ["10.20.0.2"],
    name: "router",
    kind: "tailscale",
    tailnet,
  };
  const printer: InspectedNode = {
    ...common,
    ...running,
    addresses: ["10.20.0.2"],
    name: "printer",
    kind: "host",
    tailnet: null,
  };
  const pair: InspectedPair = {
    from: "a",
    to: "b",
    state: "in-use",
    path: "derp",
    via: "fra",
    latencyMs: null,
    homeRelay: "fra",
    rxBytes: 1,
    txBytes: 2,
    reason: null,
  };
  const idle: InspectedPair = { ...pair, to: "c", state: "idle", path: null, via: null };

  test("a route that waits for approval says so; a node without Tailscale has blanks", () => {
    const [, first, second] = nodeTable([router, printer], 200).split("\n");
    expect(first).toMatch(/tag:router +no +- +10\.20\.0\.0\/24 10\.30\.0\.0\/24 \(not approved\)$/);
    expect(second).toMatch(/^printer +host +office +hard +10\.20\.0\.2 +running$/);
  });

  test.each([72, 80, 110, 160])(
    "no line is wider than %i columns, and nothing is lost",
    (width) => {
      const text = nodeTable([router, printer], width);
      expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(width);
      const words = (all: string) => new Set(all.split(/\s+/));
      expect(words(text)).toEqual(words(nodeTable([router, printer], 1000)));
    },
  );

  test("what can't be told is marked, and the reason is below", () => {
    const unseen: InspectedNode = {
      ...router,
      problem: "tailscaled does not answer within 5 s",
      tailnet: { ...tailnet, online: null, homeRelay: null, routes: null },
    };
    const text = inspectionText({ schema: 1, lab: "x", nodes: [unseen, printer], pairs: [] }, 200);
    expect(text).toMatch(/tag:router +\? +\? +\?$/m);
    expect(text).toMatch(/Problems:\n {2}router: +tailscaled does not answer within 5 s$/);
  });

  test("pairs: in use, idle, down", () => {
    const down: InspectedPair = {
      ...idle,
      to: "d",
      state: "down",
      reason: "d does not run",
    };
    expect(pairTable([pair, idle, down], 200)).toBe(
      `FROM  TO  PATH  VIA
a     b   derp  fra
a     c   idle  home relay fra
a     d   down  d does not run`,
    );
  });

  test("pairs that were pinged have a latency", () => {
    const silent: InspectedPair = { ...idle, state: "no-answer" };
    expect(pairTable([{ ...pair, state: "answered", latencyMs: 3 }, silent], 200)).toBe(
      `FROM  TO  PATH       VIA  LATENCY
a     b   derp       fra  3 ms
a     c   no answer`,
    );
  });
});

describe("ping", () => {
  const derp = { path: "derp", via: "fra", latencyMs: 2 } as const;
  const direct = { path: "direct", via: "198.18.0.7:41641", latencyMs: 1 } as const;

  test("each ping says what came, and whether another path is looked for", () => {
    expect(replyText("a", "b", derp, [], 8)).toBe(
      "a → b: derp via fra, 2 ms; looking for a direct path (1 of 8)",
    );
    expect(replyText("a", "b", derp, [derp], 2)).toBe("a → b: derp via fra, 2 ms");
    expect(replyText("a", "b", null, [derp], 8)).toBe("a → b: no answer (2 of 8)");
    expect(replyText("a", "b", direct, [derp], 8)).toBe("a → b: direct via 198.18.0.7:41641, 1 ms");
  });

  test("the end says what was found", () => {
    expect(pingSummary("a", "b", direct, [direct])).toBe("a and b: a direct path");
    expect(pingSummary("a", "b", direct, [derp, direct])).toBe(
      "a and b: a direct path, found after 2 pings",
    );
    expect(pingSummary("a", "b", derp, [derp])).toBe(
      "a and b: relayed by fra; 1 ping found no direct path",
    );
    expect(pingSummary("a", "b", undefined, [null, null])).toBe("a and b: no answer to 2 pings");
  });
});

describe("reach", () => {
  const target = { host: "100.64.0.5", port: 80, protocol: "tcp" } as const;
  const reached: ReachResult = {
    outcome: "reached",
    address: "100.64.0.5",
    seenFrom: "100.64.0.6",
    latencyMs: 3.21,
    detail: "",
    output: "",
  };

  test("tells the outcome, the address tried and whom the service saw", () => {
    expect(reachText("laptop", "server", target, reached)).toBe(
      "laptop → server (100.64.0.5) tcp/80: reached in 3.2 ms; the service saw 100.64.0.6",
    );
    const none = { address: null, seenFrom: null, latencyMs: null };
    const unresolved = {
      ...reached,
      ...none,
      outcome: "unresolved",
      detail: "no such name",
    } as const;
    expect(reachText("a", "b.lab", target, unresolved)).toBe(
      "a → b.lab tcp/80: name not resolved (no such name)",
    );
  });

  test("a connection, and a wrong answer, are not called reached", () => {
    const seen = { ...reached, seenFrom: null };
    expect(reachText("a", "b", target, { ...seen, outcome: "connected" })).toBe(
      "a → b (100.64.0.5) tcp/80: connected in 3.2 ms; the lab knows of no service there, so it was asked nothing",
    );
    const bad = { ...seen, outcome: "bad-answer", detail: "HTTP status 502" } as const;
    expect(reachText("a", "b", target, bad)).toBe(
      "a → b (100.64.0.5) tcp/80: answered, but not as the service should (HTTP status 502)",
    );
  });
});

test("netcheck tells what is not known apart from what is not so", () => {
  const text = netcheckText({
    udp: false,
    ipv4: true,
    ipv6: false,
    globalV4: "",
    globalV6: "",
    mappingVariesByDestIp: null,
    portMapping: { upnp: true, natPmp: false, pcp: null },
    captivePortal: false,
    preferredRelay: undefined,
    relayLatencyMs: { nyc: 2, fra: 1 },
  });
  expect(text).toMatch(/^UDP +no$/m);
  expect(text).toMatch(/^mapping varies by destination +not known$/m);
  expect(text).toMatch(/^port mapping +UPnP$/m);
  expect(text).toMatch(/^relay latency +fra 1 ms, nyc 2 ms$/m);
});

describe("what to try next", () => {
  const node = (name: string, tailnet?: NodeSpec["tailnet"]): NodeSpec => ({
    name,
    kind: tailnet ? "tailscale" : "host",
    network: "home",
    nat: "easy",
    addresses: [],
    services: [{ kind: "http", port: 80 }],
    ...(tailnet && { tailnet }),
  });
  const domain = "tailnet.lab";
  const nodes = [
    node("nas"),
    node("server", { hostname: "server", tags: ["tag:server"], domain }),
    node("laptop", { hostname: "laptop", user: "alice", tags: [], domain }),
  ];

  test("somebody's machine calls a server", () => {
    const text = next("mine", nodes, true);
    expect(text).toContain("tailnet-lab reach laptop server\n");
    expect(text).not.toContain("--lab");
  });

  test("beside other labs, the lab is named", () => {
    expect(next("mine", nodes, false)).toContain("tailnet-lab ping laptop server --lab mine");
  });

  test("a lab without Tailscale", () => {
    expect(next("mine", [node("nas")], true)).toBe(
      "Try next:\n  tailnet-lab inspect mine\n  tailnet-lab down mine",
    );
  });
});

describe("failures", () => {
  test("what, where, why and what to do", () => {
    const error = new LabError("NodeFailed", "it ended", { where: "laptop", remedy: "look at it" });
    const { exitCode, text, json } = failureOf(error);
    expect(exitCode).toBe(2);
    expect(text).toBe("error: it ended (NodeFailed)\n  where: laptop\n  → look at it");
    expect(json).toEqual({
      schema: 1,
      error: {
        name: "NodeFailed",
        what: "it ended",
        where: "laptop",
        remedy: "look at it",
        issues: [],
      },
    });
  });

  test("an interruption is no bug", () => {
    expect(failureOf(new Interrupted("interrupted"))).toMatchObject({
      exitCode: 130,
      text: "interrupted",
    });
  });
});

describe("progress", () => {
  function drawing(isTTY: boolean) {
    const written: string[] = [];
    const stream = { isTTY, columns: 60, write: (text: string) => written.push(text) };
    return { progress: showProgress(stream), written };
  }

  test("without a terminal: plain lines, no escape codes", async () => {
    const { progress, written } = drawing(false);
    await progress.step("Bring up", async (detail) => detail("3 of 7"));
    await expect(
      progress.step("Wait", async () => {
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(written.join("")).toMatch(
      /^Bring up\nBring up: done in \d\.\d s\nWait\nWait: failed after \d\.\d s\n$/,
    );
  });

  test("on a terminal: one line that changes, within its width", async () => {
    const { progress, written } = drawing(true);
    await progress.step("Bring up", async (detail) => {
      detail("x".repeat(200));
      await progress.step("inner", async () => {});
    });
    const lines = written.map((text) => stripVTControlCharacters(text).replace("\r", ""));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(60);
    expect(lines.at(-1)).toMatch(/^✔ Bring up \d\.\d s\n$/);
    expect(written.some((text) => text.includes("(and 1 more)"))).toBe(true);
  });
});

test("a fault that holds a whole policy is cut in the table", () => {
  const grants = Array.from({ length: 9 }, () => ({ src: ["*"], dst: ["*"], ip: ["*"] }));
  const record: FaultRecord = {
    id: "f1",
    at: "2026-01-01T00:00:00.000Z",
    origin: "command",
    fault: { kind: "policy", policy: { grants } },
    nodes: ["control"],
    isWhole: true,
    steps: [],
  };
  const [, row = ""] = faultTable([record], Number.POSITIVE_INFINITY).split("\n");
  expect(row).toMatch(/^f1 {5}policy policy=\{"grants":.{50,70}… {2}control {2}2026/);
});

test("a fault that goes with a machine that is made anew is told, before and after, unless it is declared", () => {
  const cut = (nodes: string[]): FaultRecord => ({
    id: "f1",
    at: "2026-01-01T00:00:00.000Z",
    origin: "command",
    fault: { kind: "cut", between: ["a", "b"], protocol: "all", oneWay: false },
    nodes,
    isWhole: true,
    steps: [],
  });
  expect(lostFaults([cut(["a"])], [])).toEqual(["The fault cut a b is gone from a"]);
  expect(lostFaults([cut(["a", "b"])], [cut(["a"])])).toEqual(["The fault cut a b is gone from b"]);
  expect(lostFaults([cut(["a"])], [cut(["a"])])).toEqual([]);
  expect(lostFaults([{ ...cut(["a"]), origin: "topology" }], [])).toEqual([]);

  const change = (name: string, action: "replace" | "restart") =>
    ({ kind: "node", name, action, why: "image" }) as const;
  expect(faultsToLose([cut(["a", "b"])], [change("a", "restart"), change("b", "replace")])).toEqual(
    ["The fault cut a b will be gone from b"],
  );
  expect(faultsToLose([cut(["a"])], [{ ...change("a", "replace"), kind: "network" }])).toEqual([]);
});

test("where several cases were started, what to do next names the lab of each", () => {
  expect(nextText("key-expired", false)).toContain("\n  tailnet-lab case hint\n");
  expect(nextText("key-expired", true).split("\n").slice(3, 5)).toEqual([
    "  tailnet-lab case diagnose --lab key-expired      what the doctor finds",
    "  tailnet-lab case hint --lab key-expired",
  ]);
});
