import { silenceOf } from "../../evidence/control-silence.ts";
import type { Observation } from "../../evidence/observation.ts";
import { type ControlProbe, isUntrusted } from "../../evidence/probes.ts";
import { usesExitNode } from "../../evidence/where.ts";
import type { Look } from "../check.ts";
import type { Seen } from "../finding.ts";

/** What one node got of the control server. */
export interface Tried {
  node: string;
  probe: ControlProbe;
  seen: Seen;
}

/** Causes for which a node gets no answer, whatever control does. */
export const ownCauses = [
  "TL101",
  "TL110",
  "TL118",
  "TL119",
  "TL121",
  "TL122",
  "TL124",
  "TL130",
  "TL511",
  "TL503",
  "TL507",
  "TL508",
  "TL512",
  "TL514",
  "TL509",
  "TL308",
  "TL108",
  "TL204",
  "TL407",
] as const;

/** What each node got of the control server that tried. */
export function tries(look: Look): Tried[] {
  return [...look.observations.tailscale].flatMap(([node, { controlProbe }]): Tried[] => {
    if (controlProbe.kind === "unseen" && controlProbe.isDown) return [];
    const probe = look.read(controlProbe);
    return probe === undefined ? [] : [{ node, probe, seen: seenOf(controlProbe, probe) }];
  });
}

function seenOf(observation: Observation<unknown>, probe: ControlProbe): Seen {
  const node = observation.kind === "seen" ? observation.evidence.node : observation.node;
  const line = probe.error || `HTTP ${probe.status}`;
  return { node, command: `curl -m 4 ${probe.url}/key?v=142`, line };
}

/** Who failed of those that tried by their own way, and whether that is control's own doing. */
export function judge(look: Look) {
  const server = look.observations.control;
  // By an exit node go programs, and not tailscaled.
  const tried = tries(look).filter(
    ({ node, probe }) => probe.status !== undefined || !isByExitNode(look, node),
  );
  const failed = tried.filter(({ probe }) => probe.status === undefined);
  const silence = silenceOf(server);
  // Who shows a certificate answers.
  const unanswered = failed.filter(({ probe }) => !isUntrusted(probe));
  const isDownByNodes = unanswered.length > 1 && unanswered.length === failed.length;
  const isDownByItself = silence !== undefined && (unanswered.length > 0 || failed.length === 0);
  // Where Headscale answers on its machine it is the way to it.
  const isDown =
    failed.length === tried.length &&
    (isDownByItself || isDownByNodes) &&
    server?.nodes.kind !== "seen";
  return { tried, failed, silence, isDown };
}

export function isByExitNode({ observations }: Look, name: string): boolean {
  const node = observations.tailscale.get(name);
  return node !== undefined && usesExitNode(node);
}

export function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
