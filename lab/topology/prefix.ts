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
  return {
    text,
    version,
    length: address.subnetMask,
    first: address.startAddress().bigInt(),
    last: address.endAddress().bigInt(),
    written: address.bigInt(),
  };
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
  return version === 6
    ? Address6.fromBigInt(value).correctForm()
    : Address4.fromBigInt(value).correctForm();
}
