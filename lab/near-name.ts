/**
 * The least number of edits from one text to another: a character more, less or other, or two
 * neighbours swapped (optimal string alignment).
 */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const same = from[line - 1] === to[column - 1];
      const swapped = from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1];
      next.push(
        Math.min(
          (row[column - 1] ?? 0) + (same ? 0 : 1),
          (row[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}

/**
 * The candidate that a misspelt name most likely meant: at most two edits away, and fewer than
 * half of its letters wrong; case does not count.
 */
export function nearName(name: string, candidates: Iterable<string>): string | undefined {
  const ranked = [...candidates]
    .map((candidate) => ({
      candidate,
      distance: editDistance(name.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ candidate, distance }) => distance <= 2 && distance * 2 < candidate.length)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** A remedy for an unknown name: the near one where there is one, else all that would do. */
export function chooseFrom(name: string, candidates: Iterable<string>, none: string): string {
  const all = [...candidates];
  const near = nearName(name, all);
  if (near !== undefined) return `did you mean ${near}?`;
  return all.length === 0 ? none : `write one of ${all.join(", ")}`;
}
