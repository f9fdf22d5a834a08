import type { RunningNode } from "../running/running-node.ts";

/** A question as a DNS server of the lab saw it. */
export interface Query {
  /** A, AAAA, SOA and so on. */
  type: string;
  name: string;
  /** Who asked, after all NAT on the way. */
  from: string;
}

/** dnsmasq's log: `dnsmasq[19]: query[A] wiki.corp.internal from 10.20.0.32`. */
export function parseQueries(log: string): Query[] {
  return [...log.matchAll(/^dnsmasq\[\d+\]: query\[(\w+)\] (\S+) from (\S+)$/gm)].map(
    ([, type = "", name = "", from = ""]) => ({ type, name, from }),
  );
}

/** All that a DNS server, of the internet or of a host, has been asked since its first start. */
export async function queriesOf(server: RunningNode): Promise<Query[]> {
  return parseQueries(await server.log());
}
