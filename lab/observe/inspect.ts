import { Readable } from "node:stream";
import type { NodeKind } from "../plan/plan.ts";
import { type HeadscaleNode, headscaleNodes } from "../running/headscale.ts";
import type { RunningLab } from "../running/running-lab.ts";
import type { RunningNode } from "../running/running-node.ts";
import { type Path, pingPeers } from "./ping.ts";
import { statusOf, type TailnetStatus } from "./status.ts";

export interface Inspection {
  schema: 1;
  lab: string;
  nodes: InspectedNode[];
  /** Each two Tailscale nodes that see each other. */
  pairs: InspectedPair[];
}

export interface InspectedNode {
  name: string;
  kind: NodeKind;
  network: string;
  nat: "none" | "easy" | "hard";
  addresses: string[];
  /** Null for nodes without Tailscale. */
  tailnet: InspectedTailnet | null;
}

export interface InspectedTailnet {
  addresses: string[];
  /** Null where it has tags instead. */
  user: string | null;
  tags: string[];
  /** Whether it is connected to the control server. */
  online: boolean;
  /** Region's code; null where it has none. */
  homeRelay: string | null;
  routes: { advertised: string[]; approved: string[] };
}

export interface InspectedPair {
  from: string;
  to: string;
  /** Null where the peer does not answer. */
  path: Path | null;
  via: string | null;
  latencyMs: number | null;
}

/** Nodes that are looked at together: each look is a process of the engine's. */
const concurrency = 8;

/** What a lab is now: its nodes as the engine, Headscale and they themselves see them, and the path of each pair. */
export async function inspectLab(lab: RunningLab, signal?: AbortSignal): Promise<Inspection> {
  const running = lab.ofKind("tailscale").filter((node) => node.state === "running");
  const isControlled = lab.control.state === "running";
  const [registered, statuses] = await Promise.all([
    isControlled ? headscaleNodes(lab, signal) : [],
    Readable.from(running)
      .map(async (node: RunningNode) => [node.name, await statusOf(node, signal)], { concurrency })
      .toArray() as Promise<[string, TailnetStatus][]>,
  ]);
  const statusByName = new Map(statuses);
  const nodes = lab.nodes.map(({ spec }): InspectedNode => {
    const { name, kind, network, nat = "none", addresses } = spec;
    const known = registered.find((node) => node.name === name);
    const tailnet =
      spec.tailnet === undefined ? null : tailnetOf(spec.tailnet, known, statusByName.get(name));
    return { name, kind, network, nat, addresses, tailnet };
  });
  const pairs = await pairsOf(running, statusByName, signal);
  return { schema: 1, lab: lab.name, nodes, pairs };
}

function tailnetOf(
  declared: { user?: string; tags: string[] },
  known: HeadscaleNode | undefined,
  status: TailnetStatus | undefined,
): InspectedTailnet {
  return {
    addresses: known?.addresses ?? status?.self?.addresses ?? [],
    user: declared.user ?? null,
    tags: known?.tags ?? declared.tags,
    online: known?.online ?? false,
    homeRelay: status?.self?.homeRelay || null,
    routes: { advertised: known?.advertisedRoutes ?? [], approved: known?.approvedRoutes ?? [] },
  };
}

/** Every two that see each other, the first by name asks. Pinging makes a path where none is in use. */
async function pairsOf(
  nodes: readonly RunningNode[],
  statuses: ReadonlyMap<string, TailnetStatus>,
  signal: AbortSignal | undefined,
): Promise<InspectedPair[]> {
  const names = new Set(nodes.map((node) => node.name));
  const look = async (node: RunningNode): Promise<InspectedPair[]> => {
    const peers = (statuses.get(node.name)?.peers ?? []).filter(
      (peer) => names.has(peer.name) && peer.name > node.name,
    );
    const addresses = peers.flatMap((peer) => peer.addresses[0] ?? []);
    const pings = await pingPeers(node, addresses, { signal });
    return peers.map((peer) => {
      const result = pings.get(peer.addresses[0] ?? "");
      // A peer that went away meanwhile is one that does not answer.
      const seen = result?.outcome === "answered" ? result.pongs.at(-1) : undefined;
      return {
        from: node.name,
        to: peer.name,
        path: seen?.path ?? null,
        via: seen?.via ?? null,
        latencyMs: seen?.latencyMs ?? null,
      };
    });
  };
  const pairs = await Readable.from(nodes).map(look, { concurrency }).toArray();
  return (pairs as InspectedPair[][]).flat();
}
