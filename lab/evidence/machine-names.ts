import type { Observation } from "./observation.ts";
import type { Observations, TailscaleObservations } from "./observations.ts";

interface Named {
  name: string;
  addresses: string[];
}

/**
 * Peers and control's nodes by the names of the machines that are looked at, where they are one of these: who has
 * captured them need not have named a machine as it calls itself.
 */
export function byMachineNames(seen: Observations): Observations {
  const owners = Map.groupBy(
    [...seen.tailscale.values()].flatMap((node) =>
      addressesOf(node).map((address) => ({ address, name: node.machine.name })),
    ),
    ({ address }) => address,
  );
  const known = new Set([...owners.values()].flat().map(({ name }) => name));
  const renamed = <Node extends Named>(node: Node): Node => {
    const own = node.addresses.flatMap((address) => owners.get(address) ?? []);
    const names = new Set(own.map(({ name }) => name));
    // Machines that have one state have each other's addresses.
    if (names.size > 1) return node;
    const [name] = names;
    if (name !== undefined) return { ...node, name };
    // What a machine was in the tailnet before it joined anew is not that machine.
    const [address] = node.addresses;
    return known.has(node.name) && address !== undefined
      ? { ...node, name: `${node.name} (${address})` }
      : node;
  };
  const tailscale = [...seen.tailscale].map(([name, node]) => {
    const status = changed(node.status, (value) => ({
      ...value,
      self: value.self === undefined ? undefined : renamed(value.self),
      peers: value.peers.map(renamed),
    }));
    return [name, { ...node, status }] as const;
  });
  const control =
    seen.control === undefined
      ? undefined
      : { ...seen.control, nodes: changed(seen.control.nodes, (nodes) => nodes.map(renamed)) };
  return { ...seen, tailscale: new Map(tailscale), control };
}

function addressesOf({ status, netmap }: TailscaleObservations): readonly string[] {
  const own = status.kind === "seen" ? status.value.self : undefined;
  return own?.addresses ?? (netmap.kind === "seen" ? (netmap.value.self?.addresses ?? []) : []);
}

function changed<Value>(
  observation: Observation<Value>,
  change: (value: Value) => Value,
): Observation<Value> {
  if (observation.kind === "unseen") return observation;
  return { ...observation, value: change(observation.value) };
}
