import type { ContainerInfo } from "dockerode";
import { connectEngine, type Engine, engineCall } from "../engine/engine.ts";
import { LabError } from "../errors.ts";
import { chooseFrom } from "../near-name.ts";
import { label, type NodeKind, type NodeSpec } from "../plan/plan.ts";
import { RunningNode } from "./running-node.ts";

/** A lab with containers on this engine, whoever started it. */
export interface LabSummary {
  name: string;
  /** `stack`, or the id of a scenario's run. */
  run: string;
  nodes: number;
  /** How many of the nodes run. */
  running: number;
}

/** Every lab on the engine, by name and run. */
export async function listLabs(engine?: Engine): Promise<LabSummary[]> {
  const containers = await containersOf(engine ?? (await connectEngine()), [label.lab, label.node]);
  const labs = new Map<string, LabSummary>();
  for (const { Labels, State } of containers) {
    const name = Labels[label.lab] ?? "";
    const run = Labels[label.run] ?? "";
    const key = `${name} ${run}`;
    const lab = labs.get(key) ?? { name, run, nodes: 0, running: 0 };
    lab.nodes += 1;
    if (State === "running") lab.running += 1;
    labs.set(key, lab);
  }
  return [...labs.values()].sort((a, b) => compare(`${a.name} ${a.run}`, `${b.name} ${b.run}`));
}

/** A lab that runs, found by its labels alone. */
export class RunningLab {
  readonly engine: Engine;
  readonly name: string;
  readonly run: string;
  /** By name. */
  readonly nodes: readonly RunningNode[];
  /** Declared, and without a container: as far as whoever has found the lab knows. */
  readonly gone: readonly NodeSpec[];

  private constructor(
    engine: Engine,
    name: string,
    run: string,
    nodes: readonly RunningNode[],
    gone: readonly NodeSpec[] = [],
  ) {
    this.engine = engine;
    this.name = name;
    this.run = run;
    this.nodes = nodes;
    this.gone = gone;
  }

  /**
   * Finds a lab by one call to the engine. Without `run`: the stack's lab, or the only scenario's lab of
   * that name. Throws LabNotFound.
   */
  static async find(
    name: string,
    options: { run?: string | undefined; engine?: Engine } = {},
  ): Promise<RunningLab> {
    const engine = options.engine ?? (await connectEngine());
    const all = await containersOf(engine, [`${label.lab}=${name}`, label.node]);
    const runs = [...new Set(all.map((container) => container.Labels[label.run] ?? ""))];
    const run = options.run ?? (runs.length === 1 ? runs[0] : runs.find((r) => r === "stack"));
    const own = all.filter((container) => container.Labels[label.run] === run);
    // A router says what NAT it does; the machines behind it must not change where that does.
    const routers = own.map(specOf).filter(({ kind }) => kind === "router");
    const nats = new Map(routers.map(({ network, nat }) => [network, nat]));
    if (run === undefined || own.length === 0) throw await notFound(engine, name, runs);
    const nodes = own
      .map((container) => {
        const spec = specOf(container);
        return new RunningNode(engine, container, {
          ...spec,
          nat: nats.get(spec.network) ?? "none",
        });
      })
      .sort((a, b) => compare(a.name, b.name));
    return new RunningLab(engine, name, run, nodes);
  }

  /** The same lab, that knows which of the declared nodes have no container. */
  withDeclared(declared: readonly NodeSpec[]): RunningLab {
    const gone = declared.filter(({ name }) => !this.nodes.some((node) => node.name === name));
    return new RunningLab(this.engine, this.name, this.run, this.nodes, gone);
  }

  /** Throws NodeNotFound, with the names that are near; NodeFailed where its container is gone. */
  node(name: string): RunningNode {
    const node = this.nodes.find((candidate) => candidate.name === name);
    if (node !== undefined) return node;
    if (this.gone.some((spec) => spec.name === name)) {
      throw new LabError("NodeFailed", "its container is gone", {
        where: name,
        remedy: "bring it back: `tailnet-lab up`, with the lab's topology",
      });
    }
    const names = [...this.nodes, ...this.gone].map((candidate) => candidate.name);
    throw new LabError("NodeNotFound", `lab ${this.name} has no node ${name || '""'}`, {
      where: name || '""',
      remedy: chooseFrom(name, names, "it has no nodes"),
    });
  }

  ofKind(kind: NodeKind): RunningNode[] {
    return this.nodes.filter((node) => node.spec.kind === kind);
  }

  get control(): RunningNode {
    return this.node("control");
  }
}

function specOf({ Labels }: ContainerInfo): NodeSpec {
  return JSON.parse(Labels[label.spec] ?? "{}") as NodeSpec;
}

async function containersOf(engine: Engine, labels: string[]): Promise<ContainerInfo[]> {
  return engineCall(engine.listContainers({ all: true, filters: { label: labels } }));
}

async function notFound(engine: Engine, name: string, runs: readonly string[]): Promise<LabError> {
  const labs = await listLabs(engine);
  const others = [...new Set(labs.map((lab) => lab.name))].filter((other) => other !== name);
  const what =
    runs.length > 0
      ? `lab ${name} runs only as ${runs.join(", ")}`
      : `no lab ${name} runs on this engine`;
  const remedy =
    others.length > 0 ? `these run: ${others.join(", ")}` : "start one with `tailnet-lab up`";
  return new LabError("LabNotFound", what, { where: name, remedy });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
