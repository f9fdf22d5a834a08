/** Between two columns. */
const gap = "  ";

/** How wide a table may be: as wide as the terminal; whole where the output is no terminal. */
export function tableWidth(stream: { isTTY?: boolean; columns?: number } = process.stdout): number {
  return stream.isTTY === true && stream.columns ? stream.columns : Number.POSITIVE_INFINITY;
}

/**
 * Columns as wide as their widest cell, two spaces apart; the first row is the head. Where that is wider than
 * `width`, by default the terminal's, cells are broken at their blanks and go on in the next line, the widest columns first.
 */
export function table(rows: readonly (readonly string[])[], width = tableWidth()): string {
  const widths = shrink(naturalWidths(rows), narrowestWidths(rows), width);
  return rows
    .flatMap((row) => {
      const cells = row.map((cell, column) => broken(cell, widths[column] ?? 0));
      const height = Math.max(...cells.map((lines) => lines.length));
      return Array.from({ length: height }, (_, line) =>
        cells
          .map((lines, column) => (lines[line] ?? "").padEnd(widths[column] ?? 0))
          .join(gap)
          .trimEnd(),
      );
    })
    .join("\n");
}

/** Whether a table needs no broken cells. */
export function fits(rows: readonly (readonly string[])[], width: number): boolean {
  return total(naturalWidths(rows)) <= width;
}

function naturalWidths(rows: readonly (readonly string[])[]): number[] {
  return widest(rows, (cell) => cell.length);
}

function narrowestWidths(rows: readonly (readonly string[])[]): number[] {
  return widest(rows, (cell) => Math.max(...cell.split(" ").map((word) => word.length)));
}

function widest(rows: readonly (readonly string[])[], measure: (cell: string) => number): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, measure(cell));
    }
  }
  return widths;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1);
}

/** Takes from the widest column that can still give, until all fit or none can. */
function shrink(natural: readonly number[], narrowest: readonly number[], width: number): number[] {
  const widths = [...natural];
  while (total(widths) > width) {
    const giving = widths
      .map((each, column) => ({ column, each, canGive: each > (narrowest[column] ?? each) }))
      .filter(({ canGive }) => canGive)
      .sort((a, b) => b.each - a.each)[0];
    if (giving === undefined) break;
    widths[giving.column] = giving.each - 1;
  }
  return widths;
}

function broken(cell: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of cell.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
