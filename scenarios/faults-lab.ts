import type { inject } from "../lab/faults/inject.ts";
import { readFaults } from "../lab/faults/record.ts";
import type { RunningNode } from "../lab/running/running-node.ts";
import type { LabDeclaration } from "../lab/topology/schema.ts";
import { expect, type ScenarioLab } from "./harness/index.ts";

/** What the scenarios of faults between places share: one topology, so that they may share its lab. */

const services = [
  { kind: "http" as const, port: 80 },
  { kind: "tcp-echo" as const, port: 7 },
  { kind: "udp-echo" as const, port: 7 },
];

export const topology: LabDeclaration = {
  name: "faults",
  networks: {
    home: { nat: "easy", lan: "192.168.1.0/24" },
    cafe: { nat: "easy", lan: "192.168.2.0/24" },
    office: { nat: "hard", lan: "10.20.0.0/24" },
    cloud: { nat: "none" },
  },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    phone: { kind: "tailscale", network: "cafe", user: "alice", services },
    nas: { kind: "host", network: "home" },
    desk: { kind: "host", network: "home", services },
    till: { kind: "host", network: "cafe", services },
    printer: { kind: "host", network: "office" },
    vps: { kind: "host", network: "cloud", services },
    www: { kind: "host", network: "internet", services },
  },
};

export const tcp = { port: 80 };
export const udp = { port: 7, protocol: "udp" as const };
export const silent = { as: "timeout" as const, seconds: 1 };

export function machines(lab: ScenarioLab) {
  const names = ["laptop", "phone", "nas", "desk", "till", "printer", "vps", "www"] as const;
  const found = names.map((name) => [name, lab.node(name)]);
  return Object.fromEntries(found) as Record<(typeof names)[number], RunningNode>;
}

export async function reachBoth(from: RunningNode, to: RunningNode): Promise<void> {
  await expect(from).toReach(to, tcp);
  await expect(from).toReach(to, udp);
}

export async function kinds(lab: ScenarioLab): Promise<string[]> {
  return (await readFaults(lab.running)).map(({ fault }) => fault.kind);
}

export function idOf(injected: Awaited<ReturnType<typeof inject>>): string {
  if (injected.state === "over") throw new Error("it has left no record");
  return injected.record.id;
}
