import type { Observations } from "../../evidence/observations.ts";
import { works } from "../asked.ts";
import { type Check, outOfTailnet, seen } from "../check.ts";

/** TL309 home-relay-outdated: a node sends to the relay at which its peer was at home, and is no longer. */
export const homeRelayOutdated: Check = {
  finds: ["TL309"],
  step: "path",
  explainedBy: [...outOfTailnet, "TL301", "TL302", "TL303"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.disco === undefined || attempts.peer === undefined) return;
    // Homes change now and then, and the news takes a moment: where packets arrive it is no matter.
    if (works(attempts) === true || read(attempts.disco)?.outcome !== "no-reply") return;
    const { from } = attempts.question;
    for (const [name, peer] of [
      [from, attempts.peer],
      [attempts.peer, from],
    ] as const) {
      const node = observations.tailscale.get(name);
      const other = observations.tailscale.get(peer);
      if (node === undefined || other === undefined) continue;
      const known = homeKnown(observations, name, peer);
      const own = homeKnown(observations, peer, peer);
      if (known === undefined || !own || known === own) continue;
      const others = [...observations.tailscale.keys()].flatMap((each) =>
        each === name || each === peer ? [] : (homeKnown(observations, each, peer) ?? []),
      );
      const isTold = others.includes(own);
      const renewed = isTold || !others.includes(known) ? name : peer;
      found({
        code: "TL309",
        node: name,
        involves: [peer],
        what: `${name} sends to ${peer} by relay ${known || "none"}, and ${peer} is at home at relay ${own}`,
        seen: [
          seen(node.status, `${peer}: "Relay": "${known}"`),
          seen(other.status, `Self: "Relay": "${own}"`),
        ],
        why: `by relay a node is reached at its home alone, of which control tells its peers; ${name} still goes by the one before${isTold ? ", others by the new one" : ""}, and that relay no longer knows ${peer}`,
        fix: [`on ${renewed}: systemctl restart tailscaled`],
        explains: [`nothing from ${name} gets to ${peer} by relay`],
      });
    }
  },
};

/** At which relay a node says that a peer, or itself, is at home; undefined where it does not run or can't be asked. */
function homeKnown({ tailscale }: Observations, name: string, peer: string): string | undefined {
  const status = tailscale.get(name)?.status;
  if (status?.kind !== "seen" || status.value.backendState !== "Running") return undefined;
  if (name === peer) return status.value.self?.homeRelay;
  return status.value.peers.find((each) => each.name === peer)?.homeRelay;
}
