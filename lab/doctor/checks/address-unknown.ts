import { seenValue } from "../../evidence/observation.ts";
import type { Observations, TailscaleObservations } from "../../evidence/observations.ts";
import { covers, isTailnetAddress } from "../../evidence/prefix.ts";
import { machineOf, ownPrefixes, serverOf } from "../../evidence/where.ts";
import { isHeard } from "../asked.ts";
import { type Check, type Look, seen } from "../check.ts";

/** TL117 */
export const addressUnknown: Check = {
  finds: ["TL117"],
  step: "address",
  explainedBy: ["TL207", "TL208", "TL209", "TL110"],
  run({ observations, read, found }) {
    const { attempts, control } = observations;
    if (attempts === undefined) return;
    const { question, address, target, name } = attempts;
    const own = observations.tailscale.get(question.from);
    if (own === undefined || question.to === undefined) return;
    const status = read(own.status);
    const registry = control === undefined ? undefined : read(control.nodes);
    if (address === null) {
      // A name is for the checks of names.
      if (name !== null || target === null) return;
      const host = machineOf(observations, target);
      if (host !== undefined && host.machine.role !== "tailscale") {
        read(host.addresses);
        return;
      }
      if (registry === undefined && status === undefined) return;
      const isKnown = [...(registry ?? []), ...(status?.peers ?? [])].some(
        (each) => each.name === target,
      );
      // It is there, and its addresses could not be had.
      if (isKnown) return;
      found({
        ...words(target, question.from, name),
        seen: [seen(control?.nodes ?? own.status, `no node is called ${target}`)],
      });
      return;
    }
    tellOtherLan(observations, own, found);
    if (!isTailnetAddress(address) || status === undefined) return;
    const all = [...status.peers, ...(status.self === undefined ? [] : [status.self])];
    const isPeer = all.some(({ addresses }) => addresses.includes(address));
    const isRegistered = registry?.some(({ addresses }) => addresses.includes(address)) === true;
    if (isPeer || isRegistered || target !== null) return;
    found({
      ...words(address, question.from, name),
      seen: [seen(own.status, `no peer has ${address}`)],
    });
  },
};

/**
 * Of two networks with the same addresses: who asks for an address of its own LAN gets nobody there, and a node of the
 * tailnet has that address, in a LAN by the same prefix.
 */
function tellOtherLan(
  { attempts, tailscale }: Observations,
  own: TailscaleObservations,
  found: Look["found"],
): void {
  if (attempts?.address == null || attempts.target === null || isHeard(attempts)) return;
  // It goes into the tunnel: TL105 and TL406.
  if (serverOf(own, attempts.address) !== undefined) return;
  const { address, target, question, icmp } = attempts;
  const other = tailscale.get(target);
  const near = ownPrefixes(own).find(({ prefix }) => covers(prefix, address));
  if (other === undefined || other === own || near === undefined || isTailnetAddress(address))
    return;
  const there = ownPrefixes(other).find((each) => each.address === address);
  const [better] = seenValue(other.status)?.self?.addresses ?? [];
  if (icmp?.kind !== "seen" || there === undefined || better === undefined) return;
  found({
    code: "TL117",
    node: address,
    involves: [question.from, target],
    what: `${address} is an address of ${question.from}'s own LAN, where nobody answers; ${target} has it, perhaps in another network with the same addresses`,
    seen: [
      seen(own.addresses, `${near.prefix} dev ${near.device}`),
      seen(other.addresses, `${there.prefix} dev ${there.device}`),
      seen(icmp, icmp.value.error ?? "2 packets transmitted, 0 received"),
    ],
    why: "many homes and offices have the same private addresses: what is sent to one of the own LAN's stays there. In one LAN the firewall of the asked may drop it",
    fix: [`ask for ${better}, ${target}'s address in the tailnet`],
    explains: [`${question.from} can't reach ${target} by ${address}`],
  });
}

function words(what: string, from: string, name: string | null) {
  return {
    code: "TL117",
    node: what,
    involves: [from],
    what: `no node of the tailnet is ${what}`,
    why: "it is of another tailnet, was removed, or has not joined",
    fix: [
      name === null
        ? `on ${from}: ask for the node's name, or for its address in tailscale status`
        : `on ${from}: where ${name} comes from, as /etc/hosts, give it the address of its node in tailscale status`,
      "on control: headscale nodes list",
    ],
    explains: [`${from} can't reach ${what}`],
  };
}
