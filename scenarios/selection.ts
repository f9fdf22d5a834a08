import { InvalidArgumentError } from "commander";
import { LabError } from "../lab/errors.ts";
import { chooseFrom } from "../lab/near-name.ts";

/** The `index`-th of `count` parts, from 1. */
export interface Shard {
  index: number;
  count: number;
}

/** Reads `1/2`, for Commander. */
export function parseShard(text: string): Shard {
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > count) throw new InvalidArgumentError("write it as 1/2");
  return { index, count };
}

/** One part of a list; the parts are of the same length or differ by one, and together the list. */
export function shardOf<T>(all: readonly T[], { index, count }: Shard): T[] {
  return all.filter((_, place) => place % count === index - 1);
}

/** What was asked for is not there; the near names are told. */
export function unknownName(kind: string, name: string, known: readonly string[]): LabError {
  return new LabError("UsageInvalid", `there is no ${kind} ${name}`, {
    where: name,
    remedy: chooseFrom(name, known, "there are none"),
  });
}
