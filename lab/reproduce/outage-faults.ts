import { internet, type LabDeclaration } from "../topology/schema.ts";
import { type Draft, saw } from "./draft.ts";
import type { NodeFacts, RelayOutage, Seen, TailnetFacts } from "./facts.ts";
import { validLabel } from "./names.ts";
import { placesWith } from "./path-faults.ts";

type Faults = NonNullable<LabDeclaration["faults"]>;

/** Control, resolvers and relays that answer nobody, and what some of the nodes don't reach. */
export function outageFaults(draft: Draft, facts: TailnetFacts): Faults {
  const { nodes, outages } = facts;
  const { declaration } = draft;
  const told = <Of extends Faults[number]>(fault: Of, from: string): Of => {
    saw(draft, ["faults"], from);
    return fault;
  };
  const { control, loop, relays } = outages;
  const apart = nodes.flatMap(({ relaysOut }) => relaysOut?.value ?? []);
  return [
    ...(control === undefined ? [] : [told({ kind: "control-down" as const }, control.from)]),
    ...nodes.flatMap(({ name, isWithoutControl }) =>
      isWithoutControl === undefined
        ? []
        : [told({ kind: "control-unreachable" as const, node: name }, isWithoutControl.from)],
    ),
    ...(loop === undefined ? [] : [told(loopFault(draft, facts, loop.value), loop.from)]),
    ...silentServers(declaration, facts).map(({ value: server, from }) =>
      told({ kind: "dns-server-down" as const, server }, from),
    ),
    ...relays
      .filter(({ value }) => isDeclared(draft, value))
      .map(({ value, from }) => told(relayFault(value), from)),
    ...[...new Set(apart.map(({ region }) => region))].flatMap((region) =>
      regionFaults(draft, nodes, region).map(({ value, from }) => told(value, from)),
    ),
  ];
}

/** The fault starts the resolver itself: what was seen to listen on its port is that. */
function loopFault(
  { declaration }: Draft,
  { nodes }: TailnetFacts,
  address: string,
): Faults[number] {
  const owner = nodes.find(({ tailnetAddresses }) => tailnetAddresses.includes(address));
  const node = declaration.nodes[owner?.name ?? ""];
  const others = node?.services?.filter((each) => !("port" in each && each.port === 53));
  if (node !== undefined && others !== undefined) node.services = others;
  return { kind: "dns-loop" };
}

/** Whether the reproduction has the region. */
function isDeclared({ declaration }: Draft, { region }: RelayOutage): boolean {
  return declaration.relays?.[validLabel(region)] !== undefined;
}

/** Where a region is not reached that others reach. */
function regionFaults(
  draft: Draft,
  nodes: readonly NodeFacts[],
  region: string,
): Seen<Faults[number]>[] {
  const outageOf = ({ relaysOut }: NodeFacts) =>
    relaysOut?.value.find((outage) => outage.region === region);
  const places = placesWith(draft, nodes, {
    isSo: (node) => outageOf(node) !== undefined,
    isNot: (node) => node.isCaptured && outageOf(node) === undefined,
  });
  return [...places].flatMap(([at, [first]]) => {
    const outage = first && outageOf(first);
    if (outage === undefined || !isDeclared(draft, outage)) return [];
    const from = first?.relaysOut?.from ?? "";
    return relayFaultAt(outage, at).map((value) => ({ value, from }));
  });
}

/** Nodes that serve DNS, and the simulated internet's server, where it stands for silent ones alone. */
function silentServers(
  { nodes }: LabDeclaration,
  { outages: { resolvers }, nameservers }: TailnetFacts,
): Seen<string>[] {
  const serverAt = (address: string) =>
    Object.entries(nodes).find(
      ([, node]) => node.address === address && node.services?.some(({ kind }) => kind === "dns"),
    )?.[0];
  const own = resolvers.flatMap(({ value, from }) => {
    const name = serverAt(value);
    return name === undefined ? [] : [{ value: name, from }];
  });
  const others = (nameservers?.value ?? []).filter((address) => serverAt(address) === undefined);
  const silent = resolvers.filter(({ value }) => others.includes(value));
  const [first] = silent;
  const isWhole = first !== undefined && silent.length === others.length;
  return isWhole ? [...own, { value: internet, from: first.from }] : own;
}

function relayFault({ region, how }: RelayOutage): Faults[number] {
  const label = validLabel(region);
  switch (how) {
    case "silent":
      return { kind: "relay-down", region: label };
    case "no-tcp":
      return { kind: "relay-tcp-blocked", region: label };
    case "certificate-expired":
      return { kind: "relay-untrusted", region: label };
    case "certificate-not-yet-valid":
      return { kind: "relay-untrusted", region: label, certificate: "not-yet-valid" };
  }
}

/** A certificate that one place alone does not trust is none of the relay's. */
function relayFaultAt({ region, how }: RelayOutage, at: string): Faults {
  const label = validLabel(region);
  if (how === "silent") return [{ kind: "cut", between: [at, `derp-${label}`] }];
  return how === "no-tcp" ? [{ kind: "relay-tcp-blocked", region: label, at }] : [];
}
