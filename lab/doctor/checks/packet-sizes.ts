import { machineOf, smallInterface } from "../../evidence/where.ts";
import { type Check, type Look, seen } from "../check.ts";
import { clamping, withinTunnel } from "../clamping.ts";
import { lostAt } from "../lost.ts";

/** TL109: small packets pass, larger ones are lost, and nobody says so. */
export const packetSizes: Check = {
  finds: ["TL109"],
  step: "tunnel",
  explainedBy: ["TL407"],
  run(look) {
    lookAtRelays(look);
    const { observations, read, found } = look;
    const { attempts } = observations;
    if (attempts?.sizes === undefined) return;
    const { question, target, address, peer } = attempts;
    const tried = attempts.sizes.flatMap(({ bytes, result }) => {
      const value = read(result);
      return value === undefined ? [] : [{ bytes, result, value }];
    });
    const passed = tried.filter(({ value }) => value.received > 0);
    const lost = tried.filter(({ value }) => value.received === 0);
    const [largest, smallest] = [passed.at(-1), lost[0]];
    const isCliff =
      largest !== undefined && smallest !== undefined && largest.bytes < smallest.bytes;
    // Told: that is a small MTU, and works.
    if (!isCliff || lost.some(({ value }) => value.error !== null)) return;
    const to = target ?? address ?? "";
    const cliff = `packets of ${smallest.bytes} bytes to ${to} are lost, of ${largest.bytes} they pass`;
    const pings = [
      seen(smallest.result, "2 packets transmitted, 0 received"),
      seen(largest.result, `2 packets transmitted, ${largest.value.received} received`),
      ...(attempts.listened?.what === `pings of ${smallest.bytes} bytes`
        ? (lostAt(observations)?.seen ?? [])
        : []),
    ] as const;
    const explains = [`large transfers between ${question.from} and ${to} stand still`];
    for (const end of [question.from, peer ?? to]) {
      const machine = machineOf(observations, end);
      const small =
        machine === undefined ? undefined : smallInterface(machine, smallest.bytes + 60);
      if (machine === undefined || small === undefined) continue;
      found({
        code: "TL109",
        node: end,
        involves: [question.from, to],
        what: `${end}'s interface ${small.name} has an MTU of ${small.mtu}, and ${cliff}`,
        seen: [seen(machine.addresses, `"ifname": "${small.name}", "mtu": ${small.mtu}`), ...pings],
        why: "a packet of the tunnel is 60 bytes larger with its headers, may not be cut into pieces, and does not fit",
        fix: [
          `on ${end}: ip link set ${small.name} mtu 1500`,
          `on ${end}, for the next boot: the same in the settings of its network`,
        ],
        explains,
      });
      return;
    }
    found({
      code: "TL109",
      node: question.from,
      involves: [to, ...(peer === undefined ? [] : [peer])],
      what: cliff,
      seen: pings,
      why: "a link on the way takes no such packets, and the message that says so does not come back: a connection opens, and stands still with the first full packet",
      fix: [
        "on the router with the small MTU: let ICMP `fragmentation needed` pass",
        `on ${question.from}, else, for TCP: ${clamping(largest.bytes)}`,
        `on ${question.from} and ${peer ?? to}, else, which takes the tunnel's IPv6 away: ip link set tailscale0 mtu ${largest.bytes}`,
      ],
      explains,
    });
  },
};

/** A node whose own link is the hole: no relay answers a whole packet, and smaller ones pass. */
function lookAtRelays({ observations, read, found }: Look): void {
  for (const { machine, relayProbes } of observations.tailscale.values()) {
    if (relayProbes.kind === "unseen" && relayProbes.isDown) continue;
    const reached = (read(relayProbes) ?? []).filter(({ ping }) => ping.small);
    const [first] = reached;
    if (first === undefined) continue;
    if (reached.some(({ ping }) => ping.large || ping.mtu !== undefined)) continue;
    const line = (host: string, bytes: number, words: string) => ({
      node: machine.name,
      command: `ping -M do -s ${bytes - 28} ${host}`,
      line: words,
    });
    found({
      code: "TL109",
      node: machine.name,
      what: `packets of 1340 bytes from ${machine.name} to the relays are lost, of 1028 they pass`,
      seen: [
        line(first.host, 1340, "2 packets transmitted, 0 received"),
        line(first.host, 1028, "1 received"),
      ],
      why: "a link of its own network takes no such packets, and the message that says so does not come back: whole packets of the tunnel are as large",
      fix: [
        "on the router with the small MTU: let ICMP `fragmentation needed` pass",
        `on ${machine.name}, else, for TCP: ${clamping(withinTunnel(1028))}`,
      ],
      explains: [`large transfers from and to ${machine.name} stand still`],
    });
  }
}
