import { createHash, createHmac } from "node:crypto";
import type { TailscaleNode, Topology } from "../topology/schema.ts";
import { relayName } from "./addresses.ts";
import { serverName } from "./headscale-config.ts";

/** Who a node is to the control server; `identity` names it in paths. */
export interface Member {
  name: string;
  user: string | undefined;
  tags: string[];
  identity: string;
  delivery: Delivery;
}

/** A relay, to whom control sends its certificate. */
export interface RelayMember {
  code: string;
  host: string;
  delivery: Delivery;
}

/**
 * What control has for one machine alone lies on a volume that many can read, encrypted with the token that
 * only control and that machine are given.
 */
export interface Delivery {
  /** The file's name; another one where the machine's identity or the lab's secret is another. */
  name: string;
  token: string;
}

function deliveryTo(machine: string, identity: string, secret: string): Delivery {
  const token = createHmac("sha256", secret).update(`${machine} ${identity}`).digest("hex");
  const print = createHash("sha256").update(token).digest("hex").slice(0, 12);
  return { name: `${machine}.${print}`, token };
}

export function memberOf(name: string, node: TailscaleNode, secret: string): Member {
  const tags = [...(node.tags ?? [])].sort();
  const identity =
    node.user === undefined ? tags.join("+").replaceAll("tag:", "tag-") : `user-${node.user}`;
  const { user } = node;
  return { name, user, tags, identity, delivery: deliveryTo(name, identity, secret) };
}

/** All nodes with Tailscale, by name. */
export function membersOf(topology: Topology, secret: string): Member[] {
  return Object.entries(topology.nodes)
    .flatMap(([name, node]) => (node.kind === "tailscale" ? [memberOf(name, node, secret)] : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function relayMember(code: string, secret: string): RelayMember {
  const host = serverName.relay(code);
  return { code, host, delivery: deliveryTo(relayName(code), host, secret) };
}
