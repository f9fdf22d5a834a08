import type { ControlObservations } from "./observations.ts";
import type { SeenLine } from "./reader.ts";

/** What says that control itself does not answer on its machine; undefined where it does, or is not at hand. */
export function silenceOf(server: ControlObservations | undefined): SeenLine | undefined {
  const nodes = server?.nodes;
  if (nodes?.kind !== "unseen") return undefined;
  const said = `${nodes.why}\n${nodes.evidence?.stdout ?? ""}\n${nodes.evidence?.stderr ?? ""}`;
  const silence =
    /^.*(?:did not end in time|connection refused|connecting to headscale|deadline exceeded).*$/im.exec(
      said,
    )?.[0];
  if (silence === undefined && nodes.isDown !== true) return undefined;
  const line = (silence ?? nodes.why).trim();
  return { node: nodes.node, command: nodes.argv.join(" "), line };
}
