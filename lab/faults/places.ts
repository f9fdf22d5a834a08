import { LabError } from "../errors.ts";
import { internetPrefixes } from "../plan/addresses.ts";
import type { RunningLab } from "../running/running-lab.ts";
import type { RunningNode } from "../running/running-node.ts";
import { internet } from "../topology/schema.ts";

/**
 * Where a place's packets pass: a network's router, a node itself. A network without a router, such as the internet, is
 * all its machines.
 */
export function edges(lab: RunningLab, place: string): RunningNode[] {
  const members = lab.nodes.filter((node) => node.spec.network === place);
  if (members.length === 0) return [lab.node(place)];
  const router = routerOf(lab, place);
  return router === undefined ? members : [router];
}

export function routerOf(lab: RunningLab, network: string): RunningNode | undefined {
  return lab.ofKind("router").find((node) => node.spec.network === network);
}

/** Addresses and prefixes; packets to and from `but` are others'. */
export interface Remote {
  addresses: readonly string[];
  but: readonly string[];
}

/** Where packets of a place pass, and what the other place is there. */
export interface Crossing {
  edges: RunningNode[];
  remote: Remote;
  /** The edges are those of the second place. */
  isReverse: boolean;
}

/**
 * Where the packets between two places can be told from all others. From outside, a machine behind a NAT is its
 * router; so the side with a public address is the remote one, where only one has it.
 * Throws UsageInvalid where neither has.
 */
export function crossing(lab: RunningLab, first: string, second: string): Crossing {
  const theirs = outside(lab, second, first);
  const ours = outside(lab, first, second);
  // Of the internet there are more machines than those that are on it alone; a node's own packets can be told apart
  // at the node alone.
  const prefersReverse =
    first === internet || (isBehindRouter(lab, second) && !isBehindRouter(lab, first));
  if (ours !== undefined && (theirs === undefined || prefersReverse)) {
    return { edges: edges(lab, second), remote: ours, isReverse: true };
  }
  if (theirs !== undefined) return { edges: edges(lab, first), remote: theirs, isReverse: false };
  throw new LabError(
    "UsageInvalid",
    "neither has an address that the other sees, so their packets can't be told from others'",
    { where: `${first} and ${second}`, remedy: "name the outermost network" },
  );
}

/** A place as another sees it. */
export function outside(lab: RunningLab, place: string, from: string): Remote | undefined {
  if (place === internet) return { addresses: internetPrefixes, but: publicAddresses(lab, from) };
  const node = lab.nodes.find(({ name }) => name === place);
  const other = lab.nodes.find(({ name }) => name === from);
  // On one LAN they see each other's own.
  const addresses =
    node !== undefined && node.spec.network === other?.spec.network
      ? node.spec.addresses
      : publicAddresses(lab, place);
  return addresses.length === 0 ? undefined : { addresses, but: [] };
}

/** On the simulated internet; of a node behind a router, the router's. */
export function publicAddresses(lab: RunningLab, place: string): string[] {
  if (place === internet) return [];
  const own = edges(lab, place).flatMap((node) => node.spec.addresses.filter(isPublic));
  if (own.length > 0 || !isBehindRouter(lab, place)) return own;
  return (routerOf(lab, lab.node(place).spec.network)?.spec.addresses ?? []).filter(isPublic);
}

function isBehindRouter(lab: RunningLab, place: string): boolean {
  const node = lab.nodes.find(({ name }) => name === place);
  return (
    node !== undefined &&
    node.spec.kind !== "router" &&
    routerOf(lab, node.spec.network) !== undefined
  );
}

/** Whether it is of the simulated internet, as the plan numbers it. */
export function isPublic(address: string): boolean {
  return address.startsWith("198.18.") || address.startsWith("2001:db8:");
}
