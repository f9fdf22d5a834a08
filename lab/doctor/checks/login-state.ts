import { seenValue } from "../../evidence/observation.ts";
import type { Observations, TailscaleObservations } from "../../evidence/observations.ts";
import { type Check, type Look, seenLine } from "../check.ts";
import { logsIn } from "../login.ts";

/** TL206, TL207 and TL210: a node that is in no tailnet now, by its own word or by control's. */
export const loginState: Check = {
  finds: ["TL206", "TL207", "TL210"],
  step: "machine",
  explainedBy: ["TL118", "TL119", "TL205"],
  run(look) {
    const { observations, read } = look;
    for (const node of observations.tailscale.values()) {
      const status = read(node.status);
      if (status === undefined) continue;
      const { backendState, self } = status;
      if (backendState === "Stopped") stopped(look, node);
      else if (self?.isExpired === true || isPast(self?.keyExpiry, node)) expired(look, node);
      // NoState: it has started, and control has not answered yet.
      else if (backendState === "NeedsLogin") loggedOut(look, node);
    }
    expiredPeers(look);
  },
};

/** By the clock of the machine itself. */
function isPast(expiry: string | undefined, { status }: TailscaleObservations): boolean {
  if (expiry === undefined || status.kind !== "seen") return false;
  return Date.parse(expiry) < Date.parse(status.evidence.at);
}

function stopped({ found }: Look, { machine: { name }, status }: TailscaleObservations): void {
  found({
    code: "TL210",
    node: name,
    what: `Tailscale is stopped on ${name}`,
    seen: [seenLine(status, /"BackendState"/, '"BackendState": "Stopped"')],
    why: "somebody has run `tailscale down`: the node keeps its login, and its tunnel is off",
    fix: [`on ${name}: tailscale up`],
    explains: [`${name} is out of the tailnet`],
  });
}

function loggedOut(
  { observations, found }: Look,
  { machine: { name }, status }: TailscaleObservations,
): void {
  found({
    code: "TL207",
    node: name,
    what: `${name} is logged out`,
    seen: [seenLine(status, /"BackendState"/, '"BackendState": "NeedsLogin"')],
    why: "without a login control gives it no peers, and its peers do not know it",
    fix: logsIn(observations, name, false),
    explains: [`${name} is out of the tailnet`],
  });
}

function expired(
  { observations, found }: Look,
  { machine: { name }, status }: TailscaleObservations,
): void {
  found({
    code: "TL206",
    node: name,
    what: `the key of ${name} has expired`,
    seen: [seenLine(status, /"KeyExpiry"/, '"Expired": true')],
    why: "its peers drop what comes from an expired key, though control may still call it online",
    fix: renews(observations, name),
    explains: [`${name} is out of the tailnet`],
  });
}

function renews(observations: Observations, name: string): string[] {
  const known = seenValue(observations.control?.nodes)?.find((node) => node.name === name);
  return [
    ...logsIn(observations, name, true),
    `on control, where it should never expire: headscale nodes expire --disable -i ${known?.id ?? "ID"}`,
  ];
}

/** Of nodes that can't be asked themselves, as others see them. */
function expiredPeers({ observations, found }: Look): void {
  for (const { status } of observations.tailscale.values()) {
    if (status.kind !== "seen") continue;
    for (const peer of status.value.peers) {
      if (!peer.isExpired || observations.tailscale.get(peer.name)?.status.kind === "seen")
        continue;
      found({
        code: "TL206",
        node: peer.name,
        what: `the key of ${peer.name} has expired`,
        seen: [seenLine(status, `"KeyExpiry": "${peer.keyExpiry}"`, '"Expired": true')],
        why: "its peers drop what comes from an expired key, though control may still call it online",
        fix: renews(observations, peer.name),
        explains: [`${peer.name} is out of the tailnet`],
      });
    }
  }
}
