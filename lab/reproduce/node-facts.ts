import { isNamedAfter } from "../evidence/hostnames.ts";
import type { Observations } from "../evidence/observations.ts";
import { namesRoutes } from "../running/headscale.ts";
import { clones } from "./clones.ts";
import type { NodeFacts } from "./facts.ts";
import { from } from "./from.ts";
import { ownOutages } from "./outages.ts";
import { labelOf, ofItself, selfOf } from "./own-facts.ts";
import { isProviders } from "./providers.ts";
import { ofControl, ofPeer, ofStatus, usersByNode } from "./told-facts.ts";

/** Every node that a machine, one of its peers or control tells of: what it says of itself counts most. */
export function nodeFacts(seen: Observations): NodeFacts[] {
  const nodes: NodeFacts[] = [];
  const find = (addresses: readonly string[], name: string): NodeFacts => {
    const known =
      nodes.find((node) => node.tailnetAddresses.some((each) => addresses.includes(each))) ??
      nodes.find(
        (node) =>
          node.name === name && (addresses.length === 0 || node.tailnetAddresses.length === 0),
      );
    if (known?.tailnetAddresses.length === 0) known.tailnetAddresses.push(...addresses);
    if (known !== undefined) return known;
    const node: NodeFacts = { name, isCaptured: false, tailnetAddresses: [...addresses] };
    nodes.push(node);
    return node;
  };
  const captured = [...seen.tailscale.values()];
  const copies = clones(captured);
  const outagesAt = ownOutages(seen);
  for (const machine of captured) {
    const self = selfOf(machine);
    const original = copies.get(machine);
    // What a copy says of itself is the original's, but for its own machine.
    const node =
      original === undefined
        ? find(self?.addresses ?? [], labelOf(self?.dnsName) || machine.machine.name)
        : find([], machine.machine.name);
    fill(node, { ...ofItself(machine), ...outagesAt(machine.machine.name) });
    if (original !== undefined) fill(node, { clonedFrom: original });
    node.isCaptured = true;
  }
  if (seen.control?.nodes.kind === "seen") {
    const source = from(seen.control.nodes.evidence);
    for (const known of seen.control.nodes.value) {
      const node = find(known.addresses, known.givenName || known.hostname);
      fill(node, ofControl(known, source, namesRoutes(seen.control.nodes.value)));
      if (isNamedAfter(node.name, known.hostname)) {
        fill(node, { namedAfter: known.hostname });
      }
    }
  }
  const used = new Set(
    captured.flatMap(({ status }) =>
      status.kind === "unseen"
        ? []
        : status.value.peers.filter(({ exitNode }) => exitNode).map(({ dnsName }) => dnsName),
    ),
  );
  const isLeftOut = (peer: { hostname: string; dnsName: string }) =>
    isProviders(peer) && !used.has(peer.dnsName);
  for (const { netmap } of captured) {
    if (netmap.kind === "unseen") continue;
    const source = from(netmap.evidence);
    for (const peer of netmap.value.peers) {
      if (isLeftOut(peer)) continue;
      fill(
        find(peer.addresses, labelOf(peer.dnsName) || peer.hostname),
        ofPeer(peer, netmap.value, source),
      );
    }
  }
  for (const { status } of captured) {
    if (status.kind === "unseen") continue;
    const source = from(status.evidence);
    const users = usersByNode(status.evidence.stdout);
    const { self, peers, domain } = status.value;
    for (const peer of [self, ...peers]) {
      if (peer === undefined || isLeftOut(peer)) continue;
      const node = find(peer.addresses, labelOf(peer.dnsName) || peer.hostname);
      fill(node, ofStatus(peer, source));
      const own = domainOf(peer.dnsName);
      if (own !== domain) fill(node, { sharedFrom: own });
      else if (isNamedAfter(node.name, peer.hostname)) {
        fill(node, { namedAfter: peer.hostname });
      }
      const user = users.get(peer.dnsName);
      if (user !== undefined) fill(node, { user: { value: user, from: source } });
    }
  }
  return nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What was not seen yet; what was, stays. */
function fill(node: NodeFacts, facts: Partial<NodeFacts>): void {
  for (const [key, value] of Object.entries(facts)) {
    if (value !== undefined && node[key as keyof NodeFacts] === undefined) {
      Object.assign(node, { [key]: value });
    }
  }
}

function domainOf(dnsName: string): string {
  return dnsName.split(".").slice(1).join(".");
}
