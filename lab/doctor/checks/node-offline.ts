import { isTailnetAddress } from "../../evidence/prefix.ts";
import { tailnetAddresses } from "../../evidence/where.ts";
import { advertisersOf, exitNodeUsers } from "../asked.ts";
import { type Check, outOfTailnet, seen, seenLine } from "../check.ts";

/** TL101: what was asked is, or is behind, a node that control has no connection to, and that does not answer. */
export const nodeOffline: Check = {
  finds: ["TL101"],
  step: "machine",
  explainedBy: [...outOfTailnet, "TL301", "TL302", "TL303"],
  run({ observations, read, found }) {
    const { attempts, control } = observations;
    if (attempts?.address == null) return;
    const { question, address, target, disco } = attempts;
    if (disco?.kind === "seen" && disco.value.outcome === "answered") return;
    const own = observations.tailscale.get(question.from);
    const status = own === undefined ? undefined : read(own.status);
    const registry = control === undefined ? undefined : read(control.nodes);
    const owner = target ?? attempts.peer;
    const names = isTailnetAddress(address)
      ? [owner].filter((name) => name !== undefined)
      : advertisersOf(observations, address);
    for (const name of names) {
      const users = exitNodeUsers(observations, name);
      const peer = status?.peers.find((each) => each.name === name);
      const known = registry?.find((each) => each.name === name);
      if (own !== undefined && peer?.online === false) {
        const now =
          name === peer.hostname ? undefined : tailnetAddresses(observations, peer.hostname)[0];
        const isMachine = observations.tailscale.has(peer.hostname);
        found({
          ...(now === undefined || !isMachine
            ? words(name, users)
            : joinedAnew(peer, now, known?.id ?? "ID")),
          seen: [
            seenLine(own.status, `"HostName": ${JSON.stringify(peer.hostname)}`, name),
            seen(own.status, '"Online": false'),
          ],
        });
      } else if (control !== undefined && known?.online === false) {
        found({ ...words(name, users), seen: [seen(control.nodes, `${name}: "online": false`)] });
      }
    }
  },
};

function joinedAnew(
  { name, hostname, addresses }: { name: string; hostname: string; addresses: readonly string[] },
  now: string,
  id: string,
) {
  const [before = name] = addresses;
  return {
    code: "TL101",
    node: name,
    involves: [hostname],
    what: `${before} is what ${hostname} had before it joined anew, and is offline; now it has ${now}`,
    why: "who joins without the state of before is a new node, with another address and another name; control keeps the old one, with its name",
    fix: [
      `ask for ${now}`,
      `on control: headscale nodes delete -i ${id}, then headscale nodes rename the new one`,
    ],
    explains: [`who asks for the old name or address of ${hostname} reaches nobody`],
  };
}

function words(name: string, users: readonly string[]) {
  return {
    code: "TL101",
    node: name,
    what: `${name} is offline, and does not answer`,
    why: "control has no connection to it: it is switched off, has no internet, or its tailscaled does not run",
    fix: [
      `switch ${name} on, or give it its network back`,
      `on ${name}, where it has both: systemctl restart tailscaled && tailscale up`,
      ...users.map((user) => `on ${user}, until then: tailscale set --exit-node=`),
    ],
    explains: [`nothing reaches ${name}, or what is behind it`],
  };
}
