import { readFile, writeFile } from "node:fs/promises";
import type { Scored } from "./look.ts";
import { scoreText } from "./report.ts";

/** What is kept of the score, in docs/doctor-score.json. */
export interface ScoreRecord {
  schema: 1;
  /** Of the first look and of the last one: `2026-11-30`. */
  days: [first: string, last: string];
  scored: Scored[];
}

const docs = new URL("../../docs/", import.meta.url);
const jsonFile = new URL("doctor-score.json", docs);

export async function readRecord(): Promise<ScoreRecord> {
  return JSON.parse(await readFile(jsonFile, "utf8"));
}

export async function writeRecord(record: ScoreRecord): Promise<void> {
  await writeFile(jsonFile, `${JSON.stringify(record, null, 2)}\n`);
  await writeFile(new URL("doctor-score.md", docs), recordText(record));
}

/** The page. */
export function recordText({ days: [first, last], scored }: ScoreRecord): string {
  const of =
    first === last
      ? `on ${first}`
      : `from ${first} to ${last}, of each case and variant the last one`;
  return scoreText(scored, `${scored.length} looks ${of}`);
}

/**
 * Of a case and its variant, and of a pair, the last look counts, and one that was left out only where there is no other;
 * looks at healthy labs add up.
 */
export function withLooks(
  record: ScoreRecord,
  scored: readonly Scored[],
  day: string,
): ScoreRecord {
  const now = new Map(scored.map((each) => [keyOf(each), each]));
  const was = new Set(record.scored.filter(isLook).map(keyOf));
  const kept = record.scored.filter((each) => {
    const again = each.kind === "healthy" ? undefined : now.get(keyOf(each));
    return again === undefined || (isLook(each) && !isLook(again));
  });
  const added = scored.filter((each) => isLook(each) || !was.has(keyOf(each)));
  return { schema: 1, days: [record.days[0], day], scored: [...kept, ...added] };
}

function isLook({ kind }: Scored): boolean {
  return kind !== "left-out";
}

function keyOf(look: Scored): string | undefined {
  if (look.kind === "healthy") return undefined;
  return look.kind === "pair"
    ? `${look.names.join(" + ")} (pair)`
    : `${look.name} (${look.variant})`;
}
