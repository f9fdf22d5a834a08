import { LabError } from "../../errors.ts";
import { program } from "../../plan/programs.ts";
import type { RunningLab } from "../../running/running-lab.ts";
import type { RunningNode } from "../../running/running-node.ts";
import type { FaultOf } from "../../topology/faults.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { edges } from "../places.ts";
import { chain, deviceOf, rulesStep, tableStep } from "../rules.ts";
import { until } from "../settings.ts";
import type { FaultStep, SettingStep } from "../step.ts";

export const impairments: readonly FaultKind[] = [
  lasting({
    kind: "loss",
    targets: ["at", "percent"],
    needs: "a place",
    example: "loss cafe 20",
    steps: (lab, { at, percent }) => {
      const share = percent === 100 ? "" : `numgen random mod 100 < ${percent} `;
      return edges(lab, at).map((node) => rulesStep(node, [`${share}counter drop`]));
    },
  }),
  lasting({
    kind: "latency",
    targets: ["at", "ms"],
    needs: "a place",
    example: "latency cafe 80",
    steps: (lab, { at, ms }) => edges(lab, at).map((node) => latencyStep(node, ms)),
  }),
  lasting({
    kind: "rate",
    targets: ["at", "kbit"],
    needs: "a place",
    example: "rate home 512",
    steps: (lab, { at, kbit }) => edges(lab, at).flatMap((node) => rateSteps(node, kbit)),
  }),
  lasting({
    kind: "mtu",
    targets: ["at", "bytes"],
    needs: "a place; with `icmp`, a network behind a NAT router",
    example: "mtu office 1300",
    steps: mtuSteps,
  }),
];

/** What a machine sends, of a router what it sends outwards, takes a detour on which it is held (delay.pl). */
function latencyStep(node: RunningNode, ms: number): SettingStep {
  const device = node.spec.kind === "router" ? "wan" : deviceOf(node);
  const program = "/run/delay.pl";
  const [into, outOf] = ["latency0", "latency1"];
  return {
    kind: "setting",
    node: node.name,
    setting: "latency",
    read: `pgrep -a -f '^perl ${program} ' | cut -d ' ' -f 4 || true`,
    write: `${until}ms=$(cat)
nft -f - <<END
table netdev latency {}
delete table netdev latency
END
# It sends what it holds.
pkill -f '^perl ${program} ' || true
ended() { ! pgrep -f '^perl ${program} '; }
until_succeeds ended
ip link del ${into} 2> /dev/null || true
if [ -n "$ms" ]; then
  ip link add ${into} type veth peer name ${outOf}
  # An address of its own would be announced on the segment.
  ip link set ${into} addrgenmode none
  ip link set ${outOf} addrgenmode none
  ip link set ${outOf} up
  ip link set ${into} up
  cat > ${program} <<'END'
${delayProgram}END
  setsid perl ${program} "$ms" ${outOf} ${device} ${delayMark} < /dev/null > /dev/null 2>&1 &
  listens() { ss -H -0 | grep ':${outOf} '; }
  until_succeeds listens
  nft -f - <<END
table netdev latency {
  chain egress {
    type filter hook egress device "${device}" priority 1
    meta mark != ${delayMark} fwd to "${into}"
  }
}
END
fi`,
    value: String(ms),
    atBoot: "again",
  };
}

/** A router sends each way by another interface; at any other machine what comes in takes a detour that is slow. */
function rateSteps(node: RunningNode, kbit: number): FaultStep[] {
  if (node.spec.kind !== "router") return [shape(node, deviceOf(node), kbit, true)];
  return ["lan", "wan"].map((device) => shape(node, device, kbit, false));
}

function shape(node: RunningNode, device: string, kbit: number, bothWays: boolean): SettingStep {
  const bytes = kbit * 125;
  const inward = "ifb-in";
  const redirect = `  ip link add ${inward} type ifb
  ip link set ${inward} up
  tc qdisc add dev ${inward} root tbf $qdisc
  tc qdisc add dev ${device} ingress
  tc filter add dev ${device} parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev ${inward}`;
  return {
    kind: "setting",
    node: node.name,
    setting: `qdisc ${device}`,
    read: `tc qdisc show dev ${device} root | sed -nE 's/.*qdisc tbf [^:]*: root refcnt [0-9]+ //p'`,
    write: `qdisc=$(cat)
tc qdisc del dev ${device} root 2> /dev/null || true
tc qdisc del dev ${device} ingress 2> /dev/null || true
ip link del ${inward} 2> /dev/null || true
if [ -n "$qdisc" ]; then
  tc qdisc add dev ${device} root tbf $qdisc
${bothWays ? redirect : ""}
fi`,
    // A packet at least; a queue of 100 ms.
    value: `rate ${kbit}kbit burst ${Math.max(3000, Math.ceil(bytes / 200))} limit ${Math.max(30_000, Math.ceil(bytes / 10))}`,
    atBoot: "again",
  };
}

const delayProgram = program("delay.pl");
/** Of packets that have been held. */
const delayMark = 0x7a7e;

function mtuSteps(lab: RunningLab, { at, bytes, icmp }: FaultOf<"mtu">): FaultStep[] {
  return edges(lab, at).flatMap((node): FaultStep[] => {
    if (node.spec.kind === "router") return routerMtu(node, bytes, icmp);
    if (icmp) {
      throw new LabError("UsageInvalid", "only a router tells the sender", {
        where: at,
        remedy: "name a network behind a NAT, or leave `icmp` out",
      });
    }
    const rules = [
      `ip length > ${bytes} counter drop`,
      // Of IPv6 without its header of 40 bytes.
      `ip6 length > ${bytes - 40} counter drop`,
    ];
    return [rulesStep(node, rules)];
  });
}

/**
 * As on a router whose other link is small: it says so to the sender, and its firewall may drop that. By its routes, not
 * by rules: rules see as one what the kernel has yet to cut into packets.
 */
function routerMtu(node: RunningNode, bytes: number, icmp: boolean): FaultStep[] {
  const routes: SettingStep = {
    kind: "setting",
    node: node.name,
    setting: "mtu of routes",
    read: `ip -4 route show | sed -nE 's/.* mtu ([0-9]+).*/\\1/p' | head -n 1`,
    write: `mtu=$(cat)
ip -4 route show | while read -r route; do
  ip -4 route replace $(sed -E 's/ mtu [0-9]+//' <<< "$route") \${mtu:+mtu $mtu}
done`,
    value: String(bytes),
    atBoot: "again",
  };
  const silence = ["icmp type destination-unreachable icmp code frag-needed counter drop"];
  if (icmp) return [routes];
  // Steps are taken back from the last to the first: at no moment does the router tell a sender, who would remember it.
  return [
    tableStep(node, "inet", [chain("output", "hook output priority filter", silence)]),
    routes,
  ];
}
