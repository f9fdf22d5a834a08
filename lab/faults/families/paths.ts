import type { RunningLab } from "../../running/running-lab.ts";
import type { RunningNode } from "../../running/running-node.ts";
import type { FaultOf } from "../../topology/faults.ts";
import { internet } from "../../topology/schema.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { crossing, edges, outside, publicAddresses, type Remote } from "../places.ts";
import { matching, rulesStep } from "../rules.ts";
import type { FaultStep } from "../step.ts";

export const pathFaults: readonly FaultKind[] = [
  lasting({
    kind: "cut",
    targets: ["between"],
    needs: "two places, one of them with a public address, or two nodes of one network",
    example: "cut home cafe --set protocol=udp",
    steps: cutSteps,
  }),
  lasting({
    kind: "partition",
    targets: ["groups"],
    needs: "places with public addresses",
    example: "partition home,cafe office",
    steps: partitionSteps,
  }),
  lasting({
    kind: "udp-blocked",
    targets: ["at"],
    needs: "a place",
    example: "udp-blocked cafe",
    steps: (lab, { at }) => {
      // Each by itself: nft makes one wrong comparison of two unequal ports.
      const rules = ["udp dport 53 accept", "udp sport 53 accept", "meta l4proto udp counter drop"];
      return edges(lab, at).map((node) => rulesStep(node, rules));
    },
  }),
];

function cutSteps(
  lab: RunningLab,
  { between: [first, second], protocol, oneWay }: FaultOf<"cut">,
): FaultStep[] {
  const { edges: at, remote, isReverse } = crossing(lab, first, second);
  const layer4 = protocol === "all" ? "" : `meta l4proto ${protocol} `;
  const to = drops(`${layer4}`, matching("daddr", remote));
  const from = drops(`${layer4}`, matching("saddr", remote));
  const rules = oneWay ? (isReverse ? from : to) : [...to, ...from];
  return at.map((node) => rulesStep(node, rules));
}

function partitionSteps(lab: RunningLab, { groups }: FaultOf<"partition">): FaultStep[] {
  const rules = new Map<RunningNode, string[]>();
  for (const group of groups) {
    const others = groups.filter((each) => each !== group).flat();
    for (const place of group) {
      // The internet's machines are too many to be told what they do not see: the others see them no more.
      if (place === internet) continue;
      const own = group.flatMap((each) => publicAddresses(lab, each));
      const remotes = others.flatMap((other) => remoteOf(lab, other, place, own));
      const all = remotes.flatMap((remote) => [
        ...matching("daddr", remote),
        ...matching("saddr", remote),
      ]);
      for (const edge of edges(lab, place)) {
        rules.set(edge, [...(rules.get(edge) ?? []), ...drops("", all)]);
      }
    }
  }
  return [...rules].map(([node, own]) => rulesStep(node, own));
}

function remoteOf(lab: RunningLab, place: string, from: string, own: readonly string[]): Remote[] {
  const remote = outside(lab, place, from);
  return remote === undefined ? [] : [{ ...remote, but: [...new Set([...remote.but, ...own])] }];
}

function drops(layer4: string, matches: readonly string[]): string[] {
  return matches.map((match) => `${layer4}${match} counter drop`);
}
