import type { InspectedNode, Inspection } from "../lab/observe/inspect.ts";
import type { InspectedPair } from "../lab/observe/pairs.ts";
import { fits, table, tableWidth } from "./table.ts";

/** An inspection as a person reads it, within a width. */
export function inspectionText({ nodes, pairs }: Inspection, width = tableWidth()): string {
  const problems = nodes.flatMap(({ name, problem }) =>
    problem === null ? [] : [[`  ${name}:`, problem]],
  );
  const parts = [nodeTable(nodes, width)];
  if (pairs.length > 0) parts.push(pairTable(pairs, width));
  if (problems.length > 0) parts.push(`Problems:\n${table(problems)}`);
  return parts.join("\n\n");
}

/** One table, or two where one is too wide: the machines, and the tailnet's nodes. */
export function nodeTable(nodes: readonly InspectedNode[], width = tableWidth()): string {
  const whole = [
    [...machineHead, ...tailnetHead],
    ...nodes.map((node) => [...machineRow(node), ...tailnetRow(node)]),
  ];
  if (fits(whole, width)) return table(whole);
  const machines = [machineHead, ...nodes.map(machineRow)];
  const tailnet = [
    ["NODE", ...tailnetHead],
    ...nodes
      .filter((node) => node.tailnet !== null)
      .map((node) => [node.name, ...tailnetRow(node)]),
  ];
  return [table(machines, width), ...(tailnet.length > 1 ? [table(tailnet, width)] : [])].join(
    "\n\n",
  );
}

const machineHead = ["NODE", "KIND", "NETWORK", "NAT", "ADDRESSES", "STATE"];
const tailnetHead = ["TAILNET", "WHO", "ONLINE", "RELAY", "ROUTES"];
/** What can't be told; why, the list of problems says. */
const unknown = "?";

function machineRow({ name, kind, network, nat, addresses, state }: InspectedNode): string[] {
  return [name, kind, network, nat, addresses.join(" "), state];
}

function tailnetRow({ tailnet, problem }: InspectedNode): string[] {
  if (tailnet === null) return [];
  const { addresses, user, tags, online, homeRelay, routes } = tailnet;
  return [
    addresses.join(" ") || (online === null ? unknown : "-"),
    user ?? tags.join(" "),
    online === null ? unknown : online ? "yes" : "no",
    homeRelay ?? (problem === null ? "-" : unknown),
    routes === null ? unknown : routesText(routes),
  ];
}

function routesText({
  advertised,
  approved,
}: {
  advertised: string[];
  approved: string[];
}): string {
  return advertised
    .map((route) => (approved.includes(route) ? route : `${route} (not approved)`))
    .join(" ");
}

export function pairTable(pairs: readonly InspectedPair[], width = tableWidth()): string {
  const isPinged = pairs.some(({ latencyMs }) => latencyMs !== null);
  return table(
    [
      ["FROM", "TO", "PATH", "VIA", ...(isPinged ? ["LATENCY"] : [])],
      ...pairs.map((pair) => [
        pair.from,
        pair.to,
        pathText(pair),
        pair.via ?? viaText(pair),
        ...(isPinged ? [pair.latencyMs === null ? "" : `${pair.latencyMs} ms`] : []),
      ]),
    ],
    width,
  );
}

function pathText({ state, path }: InspectedPair): string {
  if (path !== null) return path;
  return state === "no-answer" ? "no answer" : state;
}

function viaText({ state, homeRelay, reason }: InspectedPair): string {
  if (reason !== null) return reason;
  return state === "idle" && homeRelay !== null ? `home relay ${homeRelay}` : "";
}
