/** Tells a person what goes on; the command line draws it, a scenario drops it. */
export interface Progress {
  /** Runs one named step; `detail` replaces the step's last line of detail. */
  step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
}

export const silent: Progress = {
  step: (_title, work) => work(() => {}),
};
