import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { isLocalEngine } from "./engine.ts";

/*
 * The kernel keeps one table of neighbours (ARP, and one for IPv6) for all containers together. Where it
 * is full, packets are dropped: connections hang, handshakes are lost, and only the kernel's log says why.
 * arp(7): from gc_thresh2 on, entries are thrown out early, and at gc_thresh3 there are no more.
 */

/** The entries that a lab needs when all talk to all: each machine one for each other on its segment. */
export function neighboursOf(plan: Plan): number {
  const machines = new Map<string, number>();
  for (const { network } of plan.containers.flatMap(({ interfaces }) => interfaces)) {
    machines.set(network, (machines.get(network) ?? 0) + 1);
  }
  return [...machines.values()].reduce((sum, count) => sum + count * (count - 1), 0);
}

/**
 * Sees to it that the kernel's neighbour table holds a lab, and says what it changed. It changes what
 * root may change, unless TAILNET_LAB_INSTALL=0 forbids it. An engine elsewhere has its own kernel.
 * Throws KernelLacks.
 */
export async function ensureNeighbourTable(
  plan: Plan,
  { sysctls = "/proc/sys" }: { sysctls?: string } = {},
): Promise<string | undefined> {
  const needed = neighboursOf(plan);
  const wanted = 2 ** Math.ceil(Math.log2(needed * 4));
  const changed: string[] = [];
  for (const family of ["ipv4", "ipv6"]) {
    const of = (limit: string) => path.join(sysctls, "net", family, "neigh/default", limit);
    // No such file: this is not the engine's kernel, or no Linux.
    const soft = await readFile(of("gc_thresh2"), "utf8").catch(() => undefined);
    if (soft === undefined || Number(soft) >= needed || !isLocalEngine()) continue;
    const raise = { gc_thresh3: wanted, gc_thresh2: wanted / 2 };
    const words = Object.entries(raise).map(
      ([limit, value]) => `net.${family}.neigh.default.${limit}=${value}`,
    );
    try {
      if (process.env.TAILNET_LAB_INSTALL === "0") throw new Error("TAILNET_LAB_INSTALL is 0");
      for (const [limit, value] of Object.entries(raise)) await writeFile(of(limit), `${value}\n`);
    } catch (cause) {
      throw new LabError(
        "KernelLacks",
        `the kernel's table of neighbours has room for ${Number(soft)}, and this lab needs ${needed}`,
        {
          where: `net.${family}.neigh.default.gc_thresh2`,
          remedy: `raise it as root: sysctl -w ${words.join(" ")}`,
          cause,
        },
      );
    }
    changed.push(...words);
  }
  if (changed.length === 0) return undefined;
  return `raised the kernel's table of neighbours, as this lab needs ${needed} entries: ${changed.join(" ")}`;
}
