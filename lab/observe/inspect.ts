import { Readable } from "node:stream";
import { LabError } from "../errors.ts";
import type { NodeKind, NodeSpec } from "../plan/plan.ts";
import { type HeadscaleNode, headscaleNodes } from "../running/headscale.ts";
import { stateProblem } from "../running/node-state.ts";
import type { RunningLab } from "../running/running-lab.ts";
import type { NodeState, RunningNode } from "../running/running-node.ts";
import { type Look, lookAt } from "./look.ts";
import type { Traffic, TrafficPath } from "./metrics.ts";
import { type InspectedPair, type PairEnd, pairsOf } from "./pairs.ts";
import { settlePairs } from "./settle.ts";

export interface Inspection {
  schema: 1;
  lab: string;
  nodes: InspectedNode[];
  /** Each two Tailscale nodes that see each other, or might. */
  pairs: InspectedPair[];
}

export interface InspectedNode {
  name: string;
  kind: NodeKind;
  network: string;
  nat: "none" | "easy" | "hard";
  addresses: string[];
  /** Of its container; `missing` where it was declared and has none. */
  state: NodeState | "missing";
  /** Why it, or a part of this, can't be told; null where all is well. */
  problem: string | null;
  /** Null for nodes without Tailscale. */
  tailnet: InspectedTailnet | null;
}

export interface InspectedTailnet {
  addresses: string[];
  /** Null where it has tags instead. */
  user: string | null;
  tags: string[];
  /** Whether it is connected to the control server; null where the control server can't be asked. */
  online: boolean | null;
  /** Region's code; null where it has none, or can't be asked. */
  homeRelay: string | null;
  /** Null where the control server can't be asked. */
  routes: { advertised: string[]; approved: string[] } | null;
  /** What tailscaled received and sent since its start, by path; null where it can't be asked. */
  traffic: { inbound: Record<TrafficPath, Traffic>; outbound: Record<TrafficPath, Traffic> } | null;
}

export interface InspectOptions {
  /** Pings each pair until its path is the best: takes seconds. */
  settle?: boolean;
  /** How long one node may take to answer; whole seconds. */
  seconds?: number;
  signal?: AbortSignal | undefined;
}

/** Nodes that are looked at together: each look is a process of the engine's. */
const concurrency = 8;

/**
 * What a lab is now: its nodes as the engine, Headscale and they themselves see them, and the path of each pair.
 * What can't be told has a reason, and holds nothing else up. Throws EngineLost.
 */
export async function inspectLab(
  lab: RunningLab,
  options: InspectOptions = {},
): Promise<Inspection> {
  const { settle = false, seconds = 5, signal } = options;
  const tailscale = lab.ofKind("tailscale");
  const [registry, looks] = await Promise.all([
    askHeadscale(lab, seconds, signal),
    Readable.from(tailscale)
      .map(
        async (node: RunningNode) => [node.name, await lookAt(node, { seconds, signal })] as const,
        { concurrency },
      )
      .toArray() as Promise<[string, Look][]>,
  ]);
  const lookOf = new Map(looks);
  const present = lab.nodes.map((node) =>
    inspected(node.spec, node.state, lookOf.get(node.name), registry),
  );
  const missing = lab.gone.map((spec) => inspected(spec, "missing", undefined, registry));
  const nodes = [...present, ...missing].sort((a, b) => (a.name < b.name ? -1 : 1));
  const ends = nodes.flatMap(({ name, kind, state }): PairEnd[] => {
    if (kind !== "tailscale") return [];
    return [{ name, isRunning: state === "running", status: lookOf.get(name)?.status ?? null }];
  });
  const seen = pairsOf(ends);
  const pairs = settle ? await settlePairs(seen, ends, tailscale, signal) : seen;
  return { schema: 1, lab: lab.name, nodes, pairs };
}

type Registry = { nodes: HeadscaleNode[]; problem: null } | { nodes: null; problem: string };

async function askHeadscale(
  lab: RunningLab,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<Registry> {
  const control = lab.nodes.find(({ spec }) => spec.kind === "control");
  if (control === undefined) return { nodes: null, problem: "it has no container" };
  const problem = stateProblem(control.state);
  if (problem !== null) return { nodes: null, problem };
  const limit = AbortSignal.timeout(seconds * 1000);
  try {
    const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    return { nodes: await headscaleNodes(lab, either), problem: null };
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) {
      return { nodes: null, problem: `Headscale does not answer within ${seconds} s` };
    }
    if (!(error instanceof LabError) || error.name === "EngineLost") throw error;
    return { nodes: null, problem: error.what };
  }
}

function inspected(
  spec: NodeSpec,
  state: InspectedNode["state"],
  look: Look | undefined,
  registry: Registry,
): InspectedNode {
  const { name, kind, network, nat = "none", addresses } = spec;
  const known = registry.nodes?.find((node) => node.name === name);
  return {
    name,
    kind,
    network,
    nat,
    addresses,
    state,
    problem: problemOf(spec, state, look, known, registry),
    tailnet: spec.tailnet === undefined ? null : tailnetOf(spec.tailnet, known, look, registry),
  };
}

function problemOf(
  { kind }: NodeSpec,
  state: InspectedNode["state"],
  look: Look | undefined,
  known: HeadscaleNode | undefined,
  registry: Registry,
): string | null {
  if (state === "missing") return "it has no container";
  const problem = stateProblem(state) ?? look?.problem ?? null;
  if (problem !== null) return problem;
  if (kind === "control") return registry.problem;
  if (kind !== "tailscale") return null;
  const backend = look?.status?.backendState;
  if (backend !== undefined && backend !== "Running") return `tailscaled is in state ${backend}`;
  if (registry.nodes !== null && known === undefined) return "Headscale does not know it";
  return null;
}

function tailnetOf(
  declared: { user?: string; tags: string[] },
  known: HeadscaleNode | undefined,
  look: Look | undefined,
  registry: Registry,
): InspectedTailnet {
  const { inbound, outbound } = look?.metrics ?? {};
  return {
    addresses: known?.addresses ?? look?.status?.self?.addresses ?? [],
    user: declared.user ?? null,
    tags: known?.tags ?? declared.tags,
    online: registry.nodes === null ? null : (known?.online ?? false),
    homeRelay: look?.status?.self?.homeRelay || null,
    routes:
      registry.nodes === null
        ? null
        : { advertised: known?.advertisedRoutes ?? [], approved: known?.approvedRoutes ?? [] },
    traffic: inbound === undefined || outbound === undefined ? null : { inbound, outbound },
  };
}
