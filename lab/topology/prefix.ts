import { Address4, Address6 } from "ip-address";

/** A prefix, or a single address as a prefix of full length, as the numbers it spans. */
export interface Prefix {
  text: string;
  version: 4 | 6;
  length: number;
  first: bigint;
  last: bigint;
  /** The address as written, which is `first` unless host bits are set. */
  written: bigint;
}

/** Reads `10.20.0.0/24`, `10.20.0.7` and their IPv6 likes. The schema has seen that it is one. */
export function prefix(text: string): Prefix {
  const version = text.includes(":") ? 6 : 4;
  const address = version === 6 ? new Address6(text) : new Address4(text);
  const written = address.bigInt();
  const length = address.subnetMask;
  // By numbers, as the library would write and read an address for each: a plan has hundreds of them.
  const hostBits = BigInt((version === 6 ? 128 : 32) - length);
  const first = (written >> hostBits) << hostBits;
  return { text, version, length, first, last: first + (1n << hostBits) - 1n, written };
}

export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.version === b.version && a.first <= b.last && b.first <= a.last;
}

export function contains(outer: Prefix, inner: Prefix): boolean {
  return outer.version === inner.version && outer.first <= inner.first && inner.last <= outer.last;
}

export function hasHostBits(of: Prefix): boolean {
  return of.written !== of.first;
}

/** The prefix without its host bits. */
export function withoutHostBits(of: Prefix): string {
  return `${addressText(of.version, of.first)}/${of.length}`;
}

export function addressText(version: 4 | 6, value: bigint): string {
  if (version === 6) return Address6.fromBigInt(value).correctForm();
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
}
