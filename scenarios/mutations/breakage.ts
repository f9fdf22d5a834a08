import { parse } from "jsonc-parser";
import type { Plan } from "../../lab/plan/plan.ts";
import type { LoadedTopology } from "../../lab/topology/load.ts";
import type { Network, TailscaleNode, Topology } from "../../lab/topology/schema.ts";

/** The same topology with other properties of one Tailscale node. */
export function withNode(
  loaded: LoadedTopology,
  name: string,
  change: Partial<TailscaleNode>,
): LoadedTopology {
  const node = loaded.topology.nodes[name];
  if (node?.kind !== "tailscale") throw new Error(`no Tailscale node ${name} to break`);
  const nodes = { ...loaded.topology.nodes, [name]: { ...node, ...change } };
  return { ...loaded, topology: { ...loaded.topology, nodes } };
}

/** The same topology with another NAT at some networks. */
export function withNat(
  loaded: LoadedTopology,
  names: readonly string[],
  nat: Network["nat"],
): LoadedTopology {
  const networks = { ...loaded.topology.networks };
  for (const name of names) {
    const network = networks[name];
    if (network === undefined) throw new Error(`no network ${name} to break`);
    networks[name] = { ...network, nat };
  }
  return { ...loaded, topology: { ...loaded.topology, networks } };
}

/** As much of a rule as mutations change. */
export interface Grant {
  src: string[];
  dst: string[];
  ip: string[];
}

/** A policy with other rules, and without its own tests, which would object. */
export function changeGrants(policyText: string, change: (grants: Grant[]) => Grant[]): string {
  const { tests: _, ...policy } = parse(policyText, [], { allowTrailingComma: true });
  return JSON.stringify({ ...policy, grants: change(policy.grants) });
}

/** The same topology with other rules in its policy. */
export function withGrants(
  loaded: LoadedTopology,
  change: (grants: Grant[]) => Grant[],
): LoadedTopology {
  return { ...loaded, policyText: changeGrants(loaded.policyText ?? "{}", change) };
}

/** The same plan, but a machine does not start one of the echo services that it says it has. */
export function withoutService(
  plan: Plan,
  name: string,
  kind: "tcp-echo" | "udp-echo",
  port: number,
): Plan {
  const waits = `wait_for 10 "a ${kind.slice(0, 3)} server on port ${port}"`;
  const without = (script: string) =>
    script
      .split("\n")
      .filter((line) => !line.startsWith(waits))
      .map((line) =>
        line.endsWith(" > /etc/echo-server.conf") ? line.replace(` ${kind}:${port}`, "") : line,
      )
      .join("\n");
  const containers = plan.containers.map((container) =>
    container.name === name ? { ...container, command: container.command.map(without) } : container,
  );
  return { ...plan, containers };
}

/** The same topology with other DNS settings of the tailnet. */
export function withDns(
  loaded: LoadedTopology,
  change: Partial<Topology["tailnet"]["dns"]>,
): LoadedTopology {
  const { tailnet } = loaded.topology;
  const changed = { ...tailnet, dns: { ...tailnet.dns, ...change } };
  return { ...loaded, topology: { ...loaded.topology, tailnet: changed } };
}

/**
 * No DNS of the tailnet at all. `magicDns: false` alone won't do: as long as a client has any reason
 * to ask 100.100.100.100, such as split DNS, it finds its peers' names there.
 */
export const dnsOff = { magicDns: false, nameservers: [], splitDns: {}, extraRecords: [] };
