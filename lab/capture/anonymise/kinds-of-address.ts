import { contains, type Prefix, prefix } from "../../topology/prefix.ts";

/** Ranges that mean nothing outside of a network, or the same to everybody: their addresses stay. */
const kept = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "224.0.0.0/3",
  "::/8",
  "fd7a:115c:a1e0::/48",
  "ff00::/8",
].map(prefix);

const linkLocal = prefix("fe80::/10");
const uniqueLocal = prefix("fc00::/7");

export type AddressKind = "kept" | "public" | "link-local" | "unique-local";

export function kindOf(address: Prefix): AddressKind {
  // So wide a prefix names nobody: half of the internet, as a route around a private range.
  if (address.length <= 8) return "kept";
  if (kept.some((range) => contains(range, address))) return "kept";
  if (contains(linkLocal, address)) return "link-local";
  return contains(uniqueLocal, address) ? "unique-local" : "public";
}
