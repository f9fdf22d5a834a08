import { isIP } from "node:net";
import { Address4, Address6 } from "ip-address";

/** Whether an address, or a whole prefix, is in a prefix. */
export function covers(prefix: string, inner: string): boolean {
  const [outside, inside] = [read(prefix), read(inner)];
  if (outside instanceof Address4 && inside instanceof Address4) {
    return inside.subnetMask >= outside.subnetMask && inside.isInSubnet(outside);
  }
  if (outside instanceof Address6 && inside instanceof Address6) {
    return inside.subnetMask >= outside.subnetMask && inside.isInSubnet(outside);
  }
  return false;
}

export function isBetween(first: string, address: string, last: string): boolean {
  const [from, at, to] = [first, address, last].map((each) => read(each)?.bigInt());
  if (from === undefined || at === undefined || to === undefined) return false;
  return first.includes(":") === address.includes(":") && from <= at && at <= to;
}

function read(text: string): Address4 | Address6 | undefined {
  try {
    return text.includes(":") ? new Address6(text) : new Address4(text);
  } catch {
    return undefined;
  }
}

export function lengthOf(prefix: string): number {
  return Number(prefix.split("/")[1] ?? (prefix.includes(":") ? 128 : 32));
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** 100.64.0.0/10, of which tailnets and carriers give addresses. */
export const sharedRange = "100.64.0.0/10";

/** Whether it is an address that a tailnet gives to its nodes. */
export function isTailnetAddress(address: string): boolean {
  return covers(sharedRange, address) || covers("fd7a:115c:a1e0::/48", address);
}

/** Prefixes that stand for all addresses: an exit node's. */
export function isDefault(prefix: string): boolean {
  return prefix === "0.0.0.0/0" || prefix === "::/0";
}

/** Whether it is of the ranges that no router of the internet knows (RFC 1918, RFC 4193). */
export function isPrivate(address: string): boolean {
  return ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].some((prefix) =>
    covers(prefix, address),
  );
}

/** MagicDNS: by IPv4 and by IPv6. */
export const magicDnsAddresses = ["100.100.100.100", "fd7a:115c:a1e0::53"];

/** A resolver on the machine itself: MagicDNS, or a stub that asks it, of systemd-resolved, dnsmasq or unbound. */
export function isOwnResolver(server: string): boolean {
  return magicDnsAddresses.includes(server) || /^(127\.|::1$)/.test(server);
}
