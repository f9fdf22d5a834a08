import { dockerName } from "./docker-name.ts";
import type { Labels, PlannedMount, PlannedVolume } from "./plan.ts";

/** The volumes that a whole lab has, and where they are inside containers. */
export const sharedVolumes = {
  /** For control alone: users, members and their tokens, the policy, Headscale's configuration. */
  settings: "/lab/settings",
  /** For every machine: its neighbours, and the records of the internet's DNS. */
  network: "/lab/network",
  /** From control: the lab's CA, and what each node and relay can decrypt by its own token. */
  tailnet: "/lab/tailnet",
  /** Control's own: keys, certificates, Headscale's database. */
  control: "/lab/control",
  /** From nodes to control: the wish for another key; no content. */
  requests: "/lab/requests",
} as const;

export type SharedVolume = keyof typeof sharedVolumes;

/** The certificate of the lab's CA. */
export const caPath = `${sharedVolumes.tailnet}/ca.crt`;
/** A Tailscale node's own volume: tailscaled's states, and the socket of its LocalAPI. */
export const statePath = "/lab/state";

/** The name in the plan of a node's own volume. */
export function stateVolume(node: string): string {
  return `state-${node}`;
}

/** A volume of the whole lab in one container. */
export function shared(lab: string, name: SharedVolume, readOnly: boolean): PlannedMount {
  return { volume: dockerName(lab, name), path: sharedVolumes[name], readOnly };
}

/** A node's own volume in its container. */
export function own(lab: string, node: string): PlannedMount {
  return { volume: dockerName(lab, stateVolume(node)), path: statePath, readOnly: false };
}

export function planVolumes(
  lab: string,
  labels: Labels,
  nodes: readonly string[],
): PlannedVolume[] {
  const names = [...Object.keys(sharedVolumes), ...nodes.map(stateVolume)];
  return names.map((name) => ({ name, dockerName: dockerName(lab, name), labels }));
}
