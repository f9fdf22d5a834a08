import type { Network } from "./schema.ts";

/**
 * How a NAT behaves, in the terms of RFC 4787. A network names a preset; the router's rules are
 * made from the expansion and from nothing else.
 */
export interface NatBehaviour {
  /** Which external port a LAN endpoint gets: one for all peers, or another one for each. */
  mapping: "endpoint-independent" | "address-and-port-dependent";
  /** Whose packets may come in on a mapping. */
  filtering: "address-and-port-dependent";
}

/** Tailscale's words: `easy` keeps one mapping for all peers, `hard` makes one for each. */
export const natPresets: Record<Exclude<Network["nat"], "none">, NatBehaviour> = {
  easy: { mapping: "endpoint-independent", filtering: "address-and-port-dependent" },
  hard: { mapping: "address-and-port-dependent", filtering: "address-and-port-dependent" },
};
