import type { RunningNode } from "../running/running-node.ts";
import { isPublic } from "./places.ts";
import type { ScriptStep } from "./step.ts";

/**
 * A table of rules of a fault's own for what a machine sends and receives, tunnels and loopback aside. On a router they
 * see each packet that passes once, as it comes in, and before connection tracking, so that no flow known from before
 * slips through. On any other machine they are outside of its own firewall: a program that sends what is dropped
 * there is not told, as where a cable is cut.
 */
export function rulesStep(node: RunningNode, rules: readonly string[]): ScriptStep {
  if (node.spec.kind === "router") {
    const incoming = rules.map((rule) => `iifname { "lan", "wan" } ${rule}`);
    return tableStep(node, "inet", [chain("prerouting", "hook prerouting priority raw", incoming)]);
  }
  const device = deviceOf(node);
  const chains = ["ingress", "egress"].map((hook) =>
    chain(hook, `hook ${hook} device "${device}" priority 0`, rules),
  );
  return tableStep(node, "netdev", chains);
}

/** The interface of a machine that is no router. */
export function deviceOf({ spec }: RunningNode): "inet" | "lan" {
  return spec.addresses.some(isPublic) ? "inet" : "lan";
}

/** A table of a fault's own. */
export function tableStep(
  { name }: RunningNode,
  family: "inet" | "netdev",
  chains: readonly string[],
): ScriptStep {
  // Declared first, so that deleting what is not there is no failure.
  const forget = `table ${family} $FAULT {}\ndelete table ${family} $FAULT`;
  return {
    kind: "script",
    node: name,
    inject: `nft -f - <<END\n${forget}\ntable ${family} $FAULT {\n${chains.join("\n")}\n}\nEND`,
    clear: `nft -f - <<END\n${forget}\nEND`,
    atBoot: "again",
  };
}

export function chain(name: string, at: string, rules: readonly string[]): string {
  return `chain ${name} {\ntype filter ${at};\n${rules.join("\n")}\n}`;
}

export type Direction = "saddr" | "daddr";

/** What matches these addresses, for each family that is among them. */
export function matching(
  direction: Direction,
  { addresses, but }: { addresses: readonly string[]; but: readonly string[] },
): string[] {
  return (["ip", "ip6"] as const).flatMap((family) => {
    const of = (list: readonly string[]) =>
      list.filter((address) => address.includes(":") === (family === "ip6"));
    if (of(addresses).length === 0) return [];
    const except = of(but).length === 0 ? "" : ` ${family} ${direction} != ${set(of(but))}`;
    return [`${family} ${direction} ${set(of(addresses))}${except}`];
  });
}

function set(elements: readonly string[]): string {
  return `{ ${elements.join(", ")} }`;
}
