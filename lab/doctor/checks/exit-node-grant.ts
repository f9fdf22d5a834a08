import { portsBetween } from "../../evidence/packet-filter.ts";
import { isTailnetAddress } from "../../evidence/prefix.ts";
import { exitNodeOf, usesExitNode, wantedExitNode } from "../../evidence/where.ts";
import { selectorOf, sourceOf } from "../asked.ts";
import { type Check, seen, seenLine } from "../check.ts";
import { inPolicy } from "../in-policy.ts";

/** An address of the internet at large, of no private range. */
const anywhere = "9.9.9.9";

/** TL204 */
export const exitNodeGrant: Check = {
  finds: ["TL204"],
  step: "policy",
  explainedBy: ["TL115", "TL118", "TL119", "TL303"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    for (const node of observations.tailscale.values()) {
      const status = read(node.status);
      if (status === undefined) continue;
      const exit = exitNodeOf(node);
      // Without any rule between the two it is not even a peer.
      const wanted = exit ?? (usesExitNode(node) ? wantedExitNode(observations, node) : undefined);
      const server = wanted === undefined ? undefined : observations.tailscale.get(wanted.name);
      const filter = server === undefined ? undefined : read(server.netmap)?.packetFilter;
      const source = sourceOf(observations, node.machine.name);
      if (server === undefined || filter === undefined || source === undefined) continue;
      const asked =
        attempts?.question.from === node.machine.name &&
        attempts.address !== null &&
        !isTailnetAddress(attempts.address)
          ? attempts.address
          : anywhere;
      const isOpen = (destination: string) =>
        portsBetween(filter, { source, destination }).length > 0;
      if (isOpen(asked) || isOpen(anywhere)) continue;
      const { name } = node.machine;
      const hostname = status.peers.find((peer) => peer.exitNode)?.hostname;
      found({
        code: "TL204",
        node: server.machine.name,
        involves: [name],
        what: `${name} uses ${server.machine.name} as exit node, and no rule lets it reach the internet there`,
        seen: [
          seen(server.netmap, `"PacketFilter" has no rule from ${source} to ${asked}`),
          exit === undefined
            ? seenLine(node.prefs, /"ExitNode(?:ID|IP)": "./, '"ExitNodeID"')
            : seen(node.status, `"HostName": "${hostname}", "ExitNode": true`),
        ],
        why: "an exit node drops what goes on to the internet unless a rule has autogroup:internet as its destination",
        fix: [
          ...inPolicy(
            observations,
            `add { "src": ["${selectorOf(node)}"], "dst": ["autogroup:internet"], "ip": ["*"] } to "grants"`,
          ),
          `on ${name}, else: tailscale set --exit-node=`,
        ],
        explains: [`${name} does not reach the internet`],
      });
    }
  },
};
