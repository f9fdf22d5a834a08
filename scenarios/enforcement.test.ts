import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, vi } from "vitest";
import { enforceIsolation, releaseIsolation } from "../lab/engine/host-firewall.ts";
import { imageRef } from "../lab/images/recipes.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { HostFirewall, type Passed } from "./harness/host-firewall.ts";
import { expect, ScenarioLab } from "./harness/index.ts";

const topology: LabDeclaration = {
  name: "enforcement",
  networks: { home: { nat: "easy", lan: "10.213.78.0/24" } },
  nodes: {
    www: { kind: "host", network: "internet" },
    web: { kind: "host", network: "internet" },
    phone: { kind: "tailscale", network: "home", user: "alice" },
  },
};
const image = imageRef({ program: "base" });

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's dependencies off its first parameter
  .extend("lab", { scope: "file" }, async ({}, { onCleanup }) => {
    const lab = await ScenarioLab.start(topology);
    onCleanup(() => lab[Symbol.asyncDispose]());
    return lab;
  })
  .extend("host", { scope: "file" }, async ({ lab }, { onCleanup }) => {
    const host = await HostFirewall.open(lab.running);
    onCleanup(() => host[Symbol.asyncDispose]());
    return host;
  });

const ways = ["elsewhere", "host", "linkLocal"] as const;

test("a node that knows its bridge's hardware address gets nothing past it", async ({
  lab,
  host,
}) => {
  await host.showWayOut("www");
  const attempts = () => host.tryWaysOut("www");

  const enforced = await attempts();
  expect(enforced, "packets that went through the host, with the rules").toEqual({
    elsewhere: 0,
    host: 0,
    linkLocal: 0,
  });
  // Not all nine: on a busy machine a packet may be lost on its way to the bridge.
  expect(await host.dropped(), "packets that the rules dropped").toBeGreaterThanOrEqual(3);

  await host.withoutRules();
  // All of a way may be lost where the engine sets rules of its own meanwhile, for other labs.
  const free: Passed = { elsewhere: 0, host: 0, linkLocal: 0 };
  const missing = async () => {
    const passed = await attempts();
    for (const way of ways) free[way] += passed[way];
    return ways.filter((way) => free[way] === 0);
  };
  await expect
    .poll(missing, { message: "ways through the host, without the rules", timeout: 20_000 })
    .toEqual([]);

  const { lab: name, run } = lab.plan;
  expect(await enforceIsolation(lab.running.engine, { lab: name, run, image })).toBeUndefined();
  expect(await attempts(), "with the rules made again").toEqual(enforced);
});

test("where this machine has no nft, the base image's makes the rules", async ({ lab, host }) => {
  await host.withoutRules();
  using path = pathWithout("nft");
  vi.stubEnv("PATH", path.folder);
  const { lab: name, run } = lab.plan;
  const why = await enforceIsolation(lab.running.engine, { lab: name, run, image });
  vi.unstubAllEnvs();
  expect(why).toBeUndefined();
  expect(await host.tables()).toHaveLength(1);
});

test("TAILNET_LAB_INSTALL=0 makes no rules, and says so", async ({ lab, host }) => {
  await host.withoutRules();
  vi.stubEnv("TAILNET_LAB_INSTALL", "0");
  const { lab: name, run } = lab.plan;
  const isolated = { lab: name, run, image };
  expect(await enforceIsolation(lab.running.engine, isolated)).toMatch(/TAILNET_LAB_INSTALL=0/);
  expect(await host.tables()).toEqual([]);
  vi.unstubAllEnvs();
  await enforceIsolation(lab.running.engine, isolated);
});

test("nodes on one bridge reach each other, also where bridged packets pass the host's rules", async ({
  lab,
  host,
}) => {
  const [address = ""] = lab.node("web").spec.addresses;
  const before = await host.dropped();
  await lab.node("www").output(["ping", "-qn", "-c3", "-i0.1", "-W2", address]);
  expect(await host.dropped()).toBe(before);
});

test("the rules go with the lab, and with no other's", async ({ lab, host }) => {
  const { engine } = lab.running;
  expect(await releaseIsolation(engine, image)).toBeUndefined();
  expect(await host.tables(), "the rules of a lab that runs").toHaveLength(1);
  await lab[Symbol.asyncDispose]();
  expect(await host.tables(), "rules of a lab that is gone").toEqual([]);
});

/** A search path with the few programs of every machine, and without the one named. */
function pathWithout(missing: string): { folder: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  for (const program of ["sh", "grep", "sort", "tr", "nft"].filter((each) => each !== missing)) {
    symlinkSync(join(program === "nft" ? "/usr/sbin" : "/bin", program), join(folder, program));
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
