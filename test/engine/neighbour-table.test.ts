import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { ensureNeighbourTable, neighboursOf } from "../../lab/engine/neighbour-table.ts";
import { homelabPlan } from "../plan/labs.ts";

const folders: string[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A kernel's settings: room for so many neighbours of each family. */
async function kernel(room: number): Promise<{ sysctls: string; limits: () => Promise<number[]> }> {
  const sysctls = await mkdtemp(path.join(os.tmpdir(), "tailnet-lab-sysctl-"));
  folders.push(sysctls);
  const files = ["ipv4", "ipv6"].flatMap((family) =>
    ["gc_thresh2", "gc_thresh3"].map((limit) =>
      path.join(sysctls, "net", family, "neigh/default", limit),
    ),
  );
  for (const file of files) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${file.endsWith("2") ? room : room * 2}\n`);
  }
  const limits = async () =>
    Promise.all(files.map(async (file) => Number(await readFile(file, "utf8"))));
  return { sysctls, limits };
}

const needed = neighboursOf(homelabPlan);

test("each machine needs an entry for each other on its segment", () => {
  const sizes = new Map<string, number>();
  for (const { interfaces } of homelabPlan.containers) {
    for (const { network } of interfaces) sizes.set(network, (sizes.get(network) ?? 0) + 1);
  }
  expect(needed).toBe([...sizes.values()].map((n) => n * n - n).reduce((a, b) => a + b));
  expect(needed).toBeGreaterThan(100);
});

test("a table with room stays as it is", async () => {
  const { sysctls, limits } = await kernel(needed);
  expect(await ensureNeighbourTable(homelabPlan, { sysctls })).toBeUndefined();
  expect(await limits()).toEqual([needed, needed * 2, needed, needed * 2]);
});

test("a table without room is raised, for both families, and that is said", async () => {
  const { sysctls, limits } = await kernel(needed - 1);
  const said = await ensureNeighbourTable(homelabPlan, { sysctls });
  const [soft = 0, hard = 0, ...v6] = await limits();
  expect(soft).toBeGreaterThanOrEqual(needed * 2);
  expect(hard).toBe(soft * 2);
  expect(v6).toEqual([soft, hard]);
  expect(said).toContain(`net.ipv6.neigh.default.gc_thresh3=${hard}`);
});

test("where it may not be raised, the error says how", async () => {
  vi.stubEnv("TAILNET_LAB_INSTALL", "0");
  const { sysctls, limits } = await kernel(16);
  await expect(ensureNeighbourTable(homelabPlan, { sysctls })).rejects.toThrow(
    /room for 16, and this lab needs \d+\n.*as root: sysctl -w net\.ipv4\.neigh\.default\.gc_thresh3=\d+/,
  );
  expect(await limits()).toEqual([16, 32, 16, 32]);
});

test("another machine's kernel is left alone", async () => {
  vi.stubEnv("DOCKER_HOST", "tcp://192.0.2.1:2375");
  const { sysctls, limits } = await kernel(16);
  expect(await ensureNeighbourTable(homelabPlan, { sysctls })).toBeUndefined();
  expect(await limits()).toEqual([16, 32, 16, 32]);
});
