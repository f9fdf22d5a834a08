import type { Progress } from "../lab/progress.ts";

/** How often a long step says where it is: seldom enough for a log of CI. */
const interval = 10_000;

/** Tells steps line by line on standard error. */
export const plainProgress: Progress = {
  async step(title, work) {
    const since = Date.now();
    const seconds = () => `${((Date.now() - since) / 1000).toFixed(1)} s`;
    let last = "";
    say(`${title} …`);
    const ticking = setInterval(() => say(`${title} … ${seconds()} ${last}`), interval);
    try {
      const result = await work((text) => {
        last = text;
      });
      say(`${title}: done in ${seconds()}`);
      return result;
    } catch (error) {
      say(`${title}: failed after ${seconds()}`);
      throw error;
    } finally {
      clearInterval(ticking);
    }
  },
};

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
