import type { Container, ContainerInfo } from "dockerode";
import { type Engine, engineCall } from "../engine/engine.ts";
import { type EngineEvent, openEvents } from "../engine/events.ts";
import {
  type ExecOptions,
  type ExecResult,
  execIn,
  type Spawned,
  spawnIn,
} from "../engine/exec.ts";
import { followLog, type LogOptions, readLog } from "../engine/log.ts";
import { LabError } from "../errors.ts";
import type { NodeSpec } from "../plan/plan.ts";
import { quote } from "../plan/quote.ts";

/** Of the container, as the engine names it. */
export type NodeState =
  | "created"
  | "running"
  | "paused"
  | "restarting"
  | "removing"
  | "exited"
  | "dead";

/** One machine of a running lab: its container. */
export class RunningNode {
  readonly spec: NodeSpec;
  readonly container: Container;
  /** When the lab was looked up. */
  readonly state: NodeState;

  private readonly engine: Engine;

  constructor(engine: Engine, info: Pick<ContainerInfo, "Id" | "State">, spec: NodeSpec) {
    this.engine = engine;
    this.container = engine.getContainer(info.Id);
    this.spec = spec;
    this.state = info.State as NodeState;
  }

  get name(): string {
    return this.spec.name;
  }

  /** Runs a program to its end; a non-zero exit code is a result. Throws NodeFailed where the node does not run. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult> {
    return execIn(this.container, this.name, argv, options);
  }

  /** A program's standard output; throws NodeFailed, with its words, where it does not exit with 0. */
  async output(argv: readonly string[], options?: ExecOptions): Promise<string> {
    const { stdout, stderr, exitCode } = await this.exec(argv, options);
    if (exitCode === 0) return stdout;
    const words = (stderr.trim() || stdout.trim()).split("\n").slice(-5).join("\n");
    const [line = "", ...more] = argv.map(quote).join(" ").split("\n");
    const isShort = more.length === 0;
    throw new LabError(
      "NodeFailed",
      `\`${line}${isShort ? "" : " …"}\` ended with ${exitCode}: ${words}`,
      {
        where: this.name,
        remedy: isShort
          ? `try it by hand: tailnet-lab exec ${this.name} -- ${line}`
          : `look at the node: tailnet-lab logs ${this.name}`,
      },
    );
  }

  /** Starts a program that goes on. */
  spawn(argv: readonly string[], env?: Record<string, string>): Promise<Spawned> {
    return spawnIn(this.container, this.name, argv, env);
  }

  /** What the node has printed so far, both streams. */
  log(options?: LogOptions): Promise<string> {
    return readLog(this.container, options);
  }

  /** The node's output line by line, as it comes; ends when the container does or `signal` aborts. */
  followLog(options?: LogOptions & { signal?: AbortSignal | undefined }): AsyncGenerator<string> {
    return followLog(this.container, options);
  }

  async start(): Promise<void> {
    await engineCall(this.container.start());
  }

  /** Ends the node in order; after two seconds by force. */
  async stop(): Promise<void> {
    await this.goneAfter(() => engineCall(this.container.stop({ t: 2 })));
  }

  /** Ends the node as a power cut does. */
  async kill(): Promise<void> {
    await this.goneAfter(() => engineCall(this.container.kill()));
  }

  async restart(): Promise<void> {
    await engineCall(this.container.restart({ t: 2 }));
  }

  /**
   * The engine says that a machine has ended while its interfaces are still there, whose kernel refuses connections.
   * That a network is disconnected it says when its interface is gone.
   */
  private async goneAfter(end: () => Promise<unknown>): Promise<void> {
    const { Id, State, NetworkSettings } = await engineCall(this.container.inspect());
    const waiting = new Set(Object.keys(NetworkSettings.Networks));
    const gone = Promise.withResolvers<void>();
    const onEvent = ({ Actor }: EngineEvent) => {
      const { container, name = "" } = Actor?.Attributes ?? {};
      if (container === Id) waiting.delete(name);
      if (waiting.size === 0) gone.resolve();
    };
    const filters = { type: ["network" as const], event: ["disconnect"] };
    using events = await openEvents(this.engine, filters, onEvent);
    await end();
    if (!State.Running || waiting.size === 0) return;
    const timer = setTimeout(() => {
      gone.reject(
        new LabError(
          "NodeFailed",
          `timed out after ${goneMs / 1000} s waiting for its interfaces to go; it is still on ${[...waiting].join(", ")}`,
          { where: this.name, remedy: "look what the engine does: docker inspect and its log" },
        ),
      );
    }, goneMs);
    try {
      await Promise.race([gone.promise, events.ended]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What the engine may take to remove the interfaces of a machine that has ended. */
const goneMs = 20_000;
