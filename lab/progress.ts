/** Tells a person what goes on; the command line draws it, a scenario drops it. */
export interface Progress {
  /** Runs one named step; `detail` replaces the step's last line of detail. */
  step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  /** Says one thing that takes no time, as a line of its own. Absent where nobody reads it. */
  tell?(line: string): void;
}

export const silent: Progress = {
  step: (_title, work) => work(() => {}),
};

/** How often a long step says where it is: seldom enough for a log of CI. */
const tellAgainMs = 10_000;

/** A line at a step's beginning and end, and now and then one between, with its last detail. */
export function plainProgress(stream: { write(text: string): unknown } = process.stderr): Progress {
  const tell = (text: string) => void stream.write(`${text}\n`);
  return {
    tell,
    async step(title, work) {
      const started = performance.now();
      let last = "";
      tell(title);
      const telling = setInterval(
        () => tell(`${title}: ${last} (${secondsSince(started)})`),
        tellAgainMs,
      );
      try {
        const result = await work((text) => {
          last = text;
        });
        tell(`${title}: done in ${secondsSince(started)}`);
        return result;
      } catch (error) {
        tell(`${title}: failed after ${secondsSince(started)}`);
        throw error;
      } finally {
        clearInterval(telling);
      }
    },
  };
}

/** Of a moment of `performance.now()`: `1.2 s`. */
export function secondsSince(moment: number): string {
  return `${((performance.now() - moment) / 1000).toFixed(1)} s`;
}
