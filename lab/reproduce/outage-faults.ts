import { internet, type LabDeclaration } from "../topology/schema.ts";
import { type Draft, saw } from "./draft.ts";
import type { RelayOutage, Seen, TailnetFacts } from "./facts.ts";
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
  const isDeclared = (region: string) => declaration.relays?.[validLabel(region)] !== undefined;
  const apart = placesWith(draft, nodes, {
    isSo: ({ relaysOut }) => relaysOut !== undefined,
    isNot: ({ isCaptured, relaysOut }) => isCaptured && relaysOut === undefined,
  });
  return [
    ...(control === undefined ? [] : [told({ kind: "control-down" as const }, control.from)]),
    ...nodes.flatMap(({ name, isWithoutControl: silence }) =>
      silence === undefined
        ? []
        : [told({ kind: "control-unreachable" as const, node: name }, silence.from)],
    ),
    ...(loop === undefined ? [] : [told({ kind: "dns-loop" as const }, loop.from)]),
    ...silentServers(declaration, facts).map(({ value: server, from }) =>
      told({ kind: "dns-server-down" as const, server }, from),
    ),
    ...relays
      .filter(({ value }) => isDeclared(value.region))
      .map(({ value, from }) => told(relayFault(value), from)),
    ...[...apart].flatMap(([at, some]) => {
      const { value = [], from = "" } = some[0]?.relaysOut ?? {};
      return value
        .filter(({ region }) => isDeclared(region))
        .flatMap((outage) => relayFaultAt(outage, at).map((fault) => told(fault, from)));
    }),
  ];
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
