import type { EvidenceSource } from "./evidence.ts";

/** A source that has said all when `deadline` aborts: what a machine has not answered by then is missing. */
export function inTime(source: EvidenceSource, deadline: AbortSignal): EvidenceSource {
  const late = new Promise<void>((resolve) => {
    deadline.addEventListener("abort", () => resolve(), { once: true });
  });
  return {
    ...source,
    run(node, argv, options) {
      const missing = { node, argv, why: "it did not answer in time" };
      if (deadline.aborted) return Promise.resolve(missing);
      const answer = source.run(node, argv, { ...options, signal: deadline });
      return Promise.race([answer, late.then(() => missing)]);
    },
  };
}
