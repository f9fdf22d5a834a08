import type { ScriptStep } from "./step.ts";

/** The interfaces of a machine that go to others; not a tunnel, nor loopback. */
export const devices = '{ "inet", "lan", "wan" }';

/**
 * A table of rules of a fault's own. They come before connection tracking, so that no flow known from before slips
 * through; of a router they see each packet once, as it comes in, of any other machine what comes in and what goes out.
 */
export function tableStep(
  node: string,
  rules: { incoming: readonly string[]; outgoing: readonly string[] },
): ScriptStep {
  const incoming = rules.incoming.map((rule) => `iifname ${devices} ${rule}`);
  const outgoing = rules.outgoing.map((rule) => `oifname ${devices} ${rule}`);
  return {
    kind: "script",
    node,
    inject: `nft -f - <<END
${forget}
table inet $FAULT {
${chain("prerouting", incoming)}
${chain("output", outgoing)}
}
END`,
    clear: `nft -f - <<END\n${forget}\nEND`,
    atBoot: "again",
  };
}

/** Declared first, so that deleting what is not there is no failure. */
const forget = "table inet $FAULT {}\ndelete table inet $FAULT";

function chain(hook: "prerouting" | "output", rules: readonly string[]): string {
  return `chain ${hook} {
type filter hook ${hook} priority raw;
${rules.join("\n")}
}`;
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
