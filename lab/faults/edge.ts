import { LabError } from "../errors.ts";
import type { RunningLab } from "../running/running-lab.ts";
import type { RunningNode } from "../running/running-node.ts";
import { routerOf } from "./places.ts";
import type { ScriptStep } from "./step.ts";

/** Rules on the way between a lab's machines and a server of it, out of sight of both where a router is between them. */

/** Where the packets of one machine, or of a network's, pass on their way to a server: a rule's match, each way. */
interface Passage {
  node: string;
  /** `out`, what comes from the place; `back`, what goes to it. One of each for IPv4 and for IPv6. */
  matches: readonly { out: string; back: string }[];
}

/** @param place a node, a network, or `internet`: everybody */
export function passages(lab: RunningLab, place: string, server: RunningNode): Passage[] {
  if (place === "internet") return [passage(server, [], server)];
  // All that passes it, also what comes from a router behind it.
  const router = lab.nodes.find(
    ({ name, spec }) => spec.kind === "router" && [name, spec.network].includes(place),
  );
  if (router !== undefined) return [passage(router, [], server)];
  const inNetwork = lab.nodes.filter(({ spec }) => spec.network === place);
  const machines = inNetwork.length > 0 ? inNetwork : [lab.node(place)];
  return machines.map(({ spec }) =>
    passage(routerOf(lab, spec.network) ?? server, spec.addresses, server),
  );
}

function passage(at: RunningNode, from: readonly string[], server: RunningNode): Passage {
  const matches = [
    { family: "ip", isOf: (address: string) => !address.includes(":") },
    { family: "ip6", isOf: (address: string) => address.includes(":") },
  ].flatMap(({ family, isOf }) => {
    const [sources, servers] = [from.filter(isOf), server.spec.addresses.filter(isOf)];
    if (servers.length === 0 || (from.length > 0 && sources.length === 0)) return [];
    const match = (field: string, addresses: readonly string[]) =>
      addresses.length === 0 ? "" : `${family} ${field} { ${addresses.join(", ")} } `;
    return [
      {
        out: `${match("saddr", sources)}${match("daddr", servers)}`.trim(),
        back: `${match("saddr", servers)}${match("daddr", sources)}`.trim(),
      },
    ];
  });
  return { node: at.name, matches };
}

/** Rules for what passes a machine, or comes to it, or goes out of it. One machine's passages are one table. */
export function rulesAt(
  all: readonly Passage[],
  rules: (matches: Passage["matches"]) => readonly string[],
  sets = "",
): ScriptStep[] {
  const nodes = [...new Set(all.map(({ node }) => node))];
  if (nodes.length === 0) {
    throw new LabError("UsageInvalid", "nothing is there whose packets could be dropped", {
      where: "at",
      remedy: "name a node, or a network with nodes",
    });
  }
  return nodes.map((node) => {
    const matches = all.filter((each) => each.node === node).flatMap((each) => each.matches);
    const text = rules(matches)
      .map((rule) => `    ${rule}\n`)
      .join("");
    const chains = ["input", "forward", "output"].map(
      (hook) =>
        `  chain ${hook} {\n    type filter hook ${hook} priority filter - 1; policy accept;\n${text}  }\n`,
    );
    const forget = "table inet $FAULT {}\ndelete table inet $FAULT";
    return {
      kind: "script",
      node,
      inject: `nft -f - <<END\n${forget}\ntable inet $FAULT {\n${sets}${chains.join("")}}\nEND`,
      clear: `nft -f - <<END\n${forget}\nEND`,
      atBoot: "again",
    };
  });
}
