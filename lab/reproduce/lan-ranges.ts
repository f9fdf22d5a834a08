import { LabError } from "../errors.ts";
import { overlaps, type Prefix, prefix, withoutHostBits } from "../topology/prefix.ts";

/** A cloud gives its machines a prefix of their own address alone: a LAN of a lab has room for a router and others. */
export const longestPrefix = 28;
const usual = 24;

/** The range of the LAN around an address. */
export function rangeOf({ address, length }: { address: string; length: number }): Prefix {
  const wide = length > longestPrefix ? usual : length;
  return prefix(withoutHostBits(prefix(`${address}/${wide}`)));
}

/** Ranges for LANs whose own was not seen: none of those that are taken, so that nothing is captured by a route. */
export function freeRanges(taken: readonly Prefix[]): () => Prefix {
  const free = [
    ...numbers(100, 255).map((third) => `192.168.${third}.0/24`),
    ...numbers(16, 31).map((second) => `172.${second}.100.0/24`),
    ...numbers(100, 103).flatMap((second) =>
      numbers(0, 255).map((third) => `10.${second}.${third}.0/24`),
    ),
  ]
    .map(prefix)
    .filter((candidate) => !taken.some((other) => overlaps(other, candidate)))
    .values();
  return () => {
    const { value } = free.next();
    if (value !== undefined) return value;
    throw new LabError("EvidenceUnreadable", "there are more networks than a lab has ranges for", {
      where: "the machines of which no address was captured",
      remedy: "leave out machines that the trouble is not about",
    });
  };
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
