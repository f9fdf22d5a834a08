import { LabError } from "../errors.ts";

/** FNV-1a, 32 bits: spreads names over a range, the same in every run. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  }
  return value;
}

/** Numbers to give out: the first, the last, and what they number. */
export interface NumberRange {
  from: number;
  to: number;
  of: string;
}

/**
 * A number of the range for each name: the one that it had, else the one that its hash points at or the next
 * free one. The order of the names does not matter.
 *
 * @param fixed numbers that are not to be given out.
 * @param kept what an earlier call gave, by name.
 * @throws LabError `TopologyInvalid` where the range is too small.
 */
export function allocate(
  names: readonly string[],
  { from, to, of }: NumberRange,
  fixed: ReadonlySet<number> = new Set(),
  kept: Readonly<Record<string, number>> = {},
): Map<string, number> {
  const size = Math.max(0, to - from + 1);
  const used = new Set([...fixed].filter((number) => number >= from && number <= to));
  if (names.length > size - used.size) {
    throw new LabError(
      "TopologyInvalid",
      `room for ${size} machines, but ${used.size + names.length} are in it, routers counted`,
      { where: of, remedy: "spread the machines over more networks, or take a larger prefix" },
    );
  }
  const result = new Map<string, number>();
  const sorted = [...names].sort();
  for (const name of sorted) {
    const number = Object.hasOwn(kept, name) ? kept[name] : undefined;
    if (number === undefined || number < from || number > to || used.has(number)) continue;
    used.add(number);
    result.set(name, number);
  }
  for (const name of sorted) {
    if (result.has(name)) continue;
    let number = from + (hash(name) % size);
    while (used.has(number)) number = number === to ? from : number + 1;
    used.add(number);
    result.set(name, number);
  }
  return result;
}
