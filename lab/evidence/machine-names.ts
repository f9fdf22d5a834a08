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
  const renamed = <Node extends Named>(node: Node): Node => {
    const own = node.addresses.flatMap((address) => owners.get(address) ?? []);
    const names = new Set(own.map(({ name }) => name));
    const [name = node.name] = names;
    // Machines that have one state have each other's addresses.
    return names.size > 1 ? node : { ...node, name };
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
