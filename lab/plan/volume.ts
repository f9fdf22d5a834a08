import type { Identity } from "./identity.ts";

/** The tailnet's volume inside every container that has a part in it. */
export const volumePath = "/lab/tailnet";

/** What control and the nodes keep on the volume. */
export const onVolume = {
  /** Whom control lets join, a file each; there while control, its relays and DNS answer. */
  open: `${volumePath}/open`,
  /** A node waits for this one: control knows it by this identity, and forgot what it was before. */
  invitation: (node: string, { file }: Identity) => `${volumePath}/open/${node}.${file}`,
  pki: `${volumePath}/pki`,
  ca: `${volumePath}/pki/ca.crt`,
  certificate: (host: string) => `${volumePath}/pki/${host}.crt`,
  certificateKey: (host: string) => `${volumePath}/pki/${host}.key`,
  keys: `${volumePath}/keys`,
  /** A pre-authentication key, by its identity's file. */
  key: (file: string) => `${volumePath}/keys/${file}`,
  headscale: `${volumePath}/headscale`,
  /** tailscaled's LocalAPI, by which a watcher can ask all nodes from one place. */
  socket: (node: string) => `${volumePath}/sockets/${node}`,
  /** tailscaled's states, one by each identity: a node that becomes another's begins anew. */
  state: (node: string) => `${volumePath}/nodes/${node}`,
};
