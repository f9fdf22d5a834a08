import { smallInterface, usesExitNode } from "../../evidence/where.ts";
import type { Check } from "../check.ts";
import { clamping, withinTunnel } from "../clamping.ts";

/** A packet of 1280 within the tunnel: 20 bytes of IPv4, 8 of UDP, 32 of WireGuard more. */
const wholeBytes = 1340;

/** TL409 small-mtu: the network says that packets as large as the tunnel's do not pass. */
export const smallMtu: Check = {
  finds: ["TL409"],
  step: "path",
  explainedBy: ["TL109", "TL108", "TL204", "TL128"],
  run(look) {
    for (const [name, node] of look.observations.tailscale) {
      const { relayProbes } = node;
      // Its packets to relays go through the tunnel, whose own size it would be.
      if (usesExitNode(node)) continue;
      if (relayProbes.kind === "unseen" && relayProbes.isDown) continue;
      const probes = look.read(relayProbes) ?? [];
      const told = probes.find(({ ping }) => !ping.large && (ping.mtu ?? wholeBytes) < wholeBytes);
      // Where another relay is reached by whole packets, it is that relay's link.
      if (told === undefined || probes.some(({ ping }) => ping.large)) continue;
      const { mtu } = told.ping;
      const own = smallInterface(node, wholeBytes);
      look.found({
        code: "TL409",
        node: name,
        what: `${name}'s link takes packets of ${mtu} bytes, and the tunnel's have up to ${wholeBytes}`,
        seen: [
          {
            node: name,
            command: `ping -M do -s ${wholeBytes - 28} ${told.host}`,
            line: `message too long, mtu = ${mtu}`,
          },
        ],
        why: "each full packet of the tunnel is cut in two on the way, which costs speed, and is lost where fragments are dropped",
        fix:
          own === undefined
            ? [
                `on ${name}'s router: find the link of ${mtu} bytes, such as PPPoE or another VPN`,
                `on ${name}, else, for TCP: ${clamping(withinTunnel(mtu ?? 0))}`,
                `on ${name}, else, which takes the tunnel's IPv6 away: ip link set tailscale0 mtu ${withinTunnel(mtu ?? 0)}`,
              ]
            : [
                `on ${name}: ip link set ${own.name} mtu 1500`,
                `on ${name}, for the next boot: the same in the settings of its network`,
              ],
        explains: [`transfers from and to ${name} are slower than they could be`],
      });
    }
  },
};
