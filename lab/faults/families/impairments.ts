import { LabError } from "../../errors.ts";
import type { RunningLab } from "../../running/running-lab.ts";
import type { RunningNode } from "../../running/running-node.ts";
import type { FaultOf } from "../../topology/faults.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { edges } from "../places.ts";
import { tableStep } from "../rules.ts";
import type { FaultStep, SettingStep } from "../step.ts";

export const impairments: readonly FaultKind[] = [
  lasting({
    kind: "loss",
    targets: ["at", "percent"],
    needs: "A place.",
    example: "loss cafe 20",
    steps: (lab, { at, percent }) => {
      const share = percent === 100 ? "" : `numgen random mod 100 < ${percent} `;
      const rules = [`${share}counter drop`];
      return edges(lab, at).map(({ name }) =>
        tableStep(name, { incoming: rules, outgoing: rules }),
      );
    },
  }),
  lasting({
    kind: "rate",
    targets: ["at", "kbit"],
    needs: "A place.",
    example: "rate home 512",
    steps: (lab, { at, kbit }) => edges(lab, at).flatMap((node) => rateSteps(node, kbit)),
  }),
  lasting({
    kind: "mtu",
    targets: ["at", "bytes"],
    needs: "A place; with `icmp`, a network behind a NAT router.",
    example: "mtu office 1300",
    steps: mtuSteps,
  }),
];

/** A router sends each way by another interface; any other machine has what comes in policed. */
function rateSteps(node: RunningNode, kbit: number): FaultStep[] {
  if (node.spec.kind === "router") return ["lan", "wan"].map((device) => shape(node, device, kbit));
  const bytes = kbit * 125;
  // TCP hands over up to 64 KiB as one; what is larger than the burst would never pass.
  const over = `limit rate over ${bytes} bytes/second burst ${Math.max(65_536, bytes / 10)} bytes`;
  return [
    shape(node, isPublic(node) ? "inet" : "lan", kbit),
    tableStep(node.name, { incoming: [`${over} counter drop`], outgoing: [] }),
  ];
}

function shape(node: RunningNode, device: string, kbit: number): SettingStep {
  const bytes = kbit * 125;
  return {
    kind: "setting",
    node: node.name,
    setting: `qdisc ${device}`,
    read: `tc qdisc show dev ${device} root | sed -nE 's/.*qdisc tbf [^:]*: root refcnt [0-9]+ //p'`,
    write: `qdisc=$(cat)
tc qdisc del dev ${device} root 2> /dev/null || true
[ -z "$qdisc" ] || tc qdisc add dev ${device} root tbf $qdisc`,
    // A packet at least; a queue of 100 ms.
    value: `rate ${kbit}kbit burst ${Math.max(3000, Math.ceil(bytes / 200))} limit ${Math.max(30_000, Math.ceil(bytes / 10))}`,
    atBoot: "again",
  };
}

function isPublic({ spec }: RunningNode): boolean {
  return spec.addresses.some((address) => address.startsWith("198.18."));
}

function mtuSteps(lab: RunningLab, { at, bytes, icmp }: FaultOf<"mtu">): FaultStep[] {
  return edges(lab, at).flatMap((node): FaultStep[] => {
    if (node.spec.kind === "router") return routerMtu(node, bytes, icmp);
    if (icmp) {
      throw new LabError("UsageInvalid", "only a router tells the sender", {
        where: at,
        remedy: "name a network behind a NAT, or leave `icmp` out",
      });
    }
    const rules = [`meta length > ${bytes} counter drop`];
    return [tableStep(node.name, { incoming: rules, outgoing: rules })];
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
  return icmp ? [routes] : [routes, tableStep(node.name, { incoming: [], outgoing: silence })];
}
