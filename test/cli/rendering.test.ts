import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { nodeTable, pairTable } from "../../cli/commands/inspect.ts";
import { netcheckText } from "../../cli/commands/netcheck.ts";
import { reachText } from "../../cli/commands/reach.ts";
import { next } from "../../cli/commands/up.ts";
import { failureOf } from "../../cli/failure.ts";
import { Interrupted } from "../../cli/interrupt.ts";
import { showProgress } from "../../cli/progress.ts";
import { table } from "../../cli/table.ts";
import { LabError } from "../../lab/errors.ts";
import type { ReachResult } from "../../lab/observe/connect.ts";
import type { NodeSpec } from "../../lab/plan/plan.ts";

test("a table's columns line up, and no line ends in blanks", () => {
  expect(
    table([
      ["A", "BB", "C"],
      ["long", "x"],
      ["", "y", "z"],
    ]),
  ).toBe("A     BB  C\nlong  x\n      y   z");
});

describe("inspect", () => {
  test("a route that waits for approval says so; a node without Tailscale has blanks", () => {
    const common = { network: "office", nat: "hard" as const, addresses: ["10.20.0.2"] };
    const text = nodeTable([
      {
        ...common,
        name: "router",
        kind: "tailscale",
        tailnet: {
          addresses: ["100.64.0.2"],
          user: null,
          tags: ["tag:router"],
          online: false,
          homeRelay: null,
          routes: { advertised: ["10.20.0.0/24", "10.30.0.0/24"], approved: ["10.20.0.0/24"] },
        },
      },
      { ...common, name: "printer", kind: "host", tailnet: null },
    ]);
    const [, router, printer] = text.split("\n");
    expect(router).toMatch(
      /tag:router +no +- +10\.20\.0\.0\/24 10\.30\.0\.0\/24 \(not approved\)$/,
    );
    expect(printer).toMatch(/^printer +host +office +hard +10\.20\.0\.2$/);
  });

  test("pairs, with one that does not answer", () => {
    const text = pairTable([
      { from: "a", to: "b", path: "derp", via: "fra", latencyMs: 3 },
      { from: "a", to: "c", path: null, via: null, latencyMs: null },
    ]);
    expect(text).toContain("a     b   derp       fra  3 ms");
    expect(text).toMatch(/a +c +no answer$/);
  });
});

test("reach tells the outcome, the address tried and whom the service saw", () => {
  const target = { host: "100.64.0.5", port: 80, protocol: "tcp" } as const;
  const base: ReachResult = {
    outcome: "reached",
    address: "100.64.0.5",
    seenFrom: "100.64.0.6",
    latencyMs: 3.21,
    words: "",
  };
  expect(reachText("laptop", "server", target, base)).toBe(
    "laptop → server (100.64.0.5) tcp/80: reached in 3.2 ms; the service saw 100.64.0.6",
  );
  const none = { address: null, seenFrom: null, latencyMs: null };
  expect(reachText("a", "b.lab", target, { ...base, ...none, outcome: "unresolved" })).toBe(
    "a → b.lab tcp/80: name not resolved",
  );
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
