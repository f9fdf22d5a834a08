import { internet, type LabDeclaration } from "../topology/schema.ts";
import { assumed, type Draft, saw } from "./draft.ts";
import type { NodeFacts, TailnetFacts } from "./facts.ts";

type Faults = NonNullable<LabDeclaration["faults"]>;

/** Where no UDP passes, or nothing at all. */
export function pathFaults(draft: Draft, { nodes, outages, relays }: TailnetFacts): Faults {
  const isSilent = ({ code }: { code: string }) =>
    outages.relays.some(({ value }) => value.region === code && value.how === "silent");
  // Without a relay nobody tells whether UDP passes.
  if (relays?.value.every(isSilent) === true) return [];
  // Strict filtering drops the answers to its UDP on the machine itself.
  const filters = (node: NodeFacts) => node.faults?.some(({ value }) => value === "rp-filter");
  const places = placesWith(draft, nodes, {
    isSo: (node) => node.udp?.value === false && filters(node) !== true,
    isNot: ({ udp }) => udp?.value === true,
  });
  return [...places].map(([at, some]) => {
    const [first] = some;
    const isBehindRouter = draft.declaration.nodes[first?.name ?? ""]?.network !== internet;
    if (isBehindRouter && some.every(({ isCutOff }) => isCutOff !== undefined)) {
      saw(draft, ["faults"], `${at} reaches no relay and no control (${first?.isCutOff?.from})`);
      return { kind: "cut", between: [at, internet] };
    }
    saw(draft, ["faults"], `UDP false (${first?.udp?.from})`);
    return { kind: "udp-blocked", at };
  });
}

/** What a fault that loses large packets in silence is given, as no output tells it: 1028 bytes pass, and 1340 don't. */
const assumedMtu = 1200;
/** Smaller ones a lab can't have. */
const smallestMtu = 576;

export function mtuFaults(draft: Draft, nodes: readonly NodeFacts[]): Faults {
  const places = placesWith(draft, nodes, {
    isSo: ({ smallMtu }) => smallMtu !== undefined && smallMtu.value !== null,
    isNot: ({ smallMtu }) => smallMtu?.value === null,
  });
  return [...places].map(([at, [first]]) => {
    const { value, from } = first?.smallMtu ?? {};
    if (value?.bytes !== undefined) {
      saw(draft, ["faults"], `an MTU of ${value.bytes} (${from})`);
      return { kind: "mtu", at, bytes: Math.max(value.bytes, smallestMtu), icmp: true };
    }
    saw(draft, ["faults"], `packets of 1340 bytes are lost, of 1028 pass (${from})`);
    assumed(draft, ["faults"], `that up to ${assumedMtu} bytes pass`);
    return { kind: "mtu", at, bytes: assumedMtu };
  });
}

/** Where some nodes are: by the name of their network, or by their own where another node of it shows the contrary. */
export function placesWith(
  { declaration }: Draft,
  nodes: readonly NodeFacts[],
  { isSo, isNot }: Record<"isSo" | "isNot", (node: NodeFacts) => boolean>,
): Map<string, NodeFacts[]> {
  const networkOf = (node: NodeFacts) => declaration.nodes[node.name]?.network ?? "";
  return Map.groupBy(nodes.filter(isSo), (node) => {
    const network = networkOf(node);
    const isWhole = !nodes.some((other) => networkOf(other) === network && isNot(other));
    return isWhole && declaration.networks?.[network] !== undefined ? network : node.name;
  });
}
