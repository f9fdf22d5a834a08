import { isTailnetAddress } from "../../evidence/prefix.ts";
import { machineOf } from "../../evidence/where.ts";
import { type Check, seen } from "../check.ts";

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
