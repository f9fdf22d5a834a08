import type { FilterRule } from "./netmap.ts";
import type { Packet } from "./policy-rules.ts";
import { covers } from "./prefix.ts";

const protocolNumber = { tcp: 6, udp: 17 } as const;

/** Whether tailscaled lets a packet in: what no rule allows is dropped. */
export function permits(filter: readonly FilterRule[], packet: Packet): boolean {
  return filter.some(
    (rule) =>
      (rule.protocols.length === 0 || rule.protocols.includes(protocolNumber[packet.protocol])) &&
      portsBetween([rule], packet).some(
        ({ first, last }) =>
          packet.port === undefined || (first <= packet.port && packet.port <= last),
      ),
  );
}

/** The ports, of any protocol, that rules open between two addresses. */
export function portsBetween(
  filter: readonly FilterRule[],
  { source, destination }: Pick<Packet, "source" | "destination">,
): { protocols: number[]; first: number; last: number }[] {
  return filter
    .filter(({ sources }) => sources.some((prefix) => matches(prefix, source)))
    .flatMap(({ destinations, protocols }) =>
      destinations
        .filter(({ prefix }) => matches(prefix, destination))
        .map(({ firstPort, lastPort }) => ({ protocols, first: firstPort, last: lastPort })),
    );
}

function matches(prefix: string, address: string): boolean {
  return prefix === "*" || covers(prefix, address);
}

const protocolNames: Record<number, string> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6" };

/** ICMP has no ports: a rule of `acls` that opens some has it all the same. */
const isPortless = (protocol: number) => protocol === 1 || protocol === 58;

/** `tcp:80`, `tcp,udp:*`. */
export function portsText({
  protocols,
  first,
  last,
}: ReturnType<typeof portsBetween>[number]): string {
  const isAny = first === 0 && last === 65_535;
  const names = protocols
    .filter((number) => isAny || !isPortless(number) || protocols.every(isPortless))
    .map((number) => protocolNames[number] ?? String(number));
  const ports = isAny ? "*" : first === last ? `${first}` : `${first}-${last}`;
  return `${names.join(",") || "*"}:${ports}`;
}
