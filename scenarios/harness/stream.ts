import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { Spawned } from "../../lab/engine/exec.ts";
import { LabError } from "../../lab/errors.ts";
import { metricsOf } from "../../lab/observe/metrics.ts";
import { program } from "../../lab/plan/programs.ts";
import { idleTimeout } from "../../lab/running/idle-timeout.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";

/** What became of a stream when it ended. */
interface StreamEnd {
  /** Lines that the client wrote, and that came back to it. */
  sent: number;
  echoed: number;
  /** The first line that was not the one to come next; undefined where all were. */
  outOfOrder: string | undefined;
  /** Of socat: not 0 where the connection was reset. */
  exitCode: number;
  /** What socat said on its standard error. */
  stderr: string;
}

const client = program("numbered-lines.sh");
/** Lines a second, about: printing takes its part of the 50 ms. */
export const lineRate = 20;

/** tailscaled trusts a path for 6.5 s; TCP's retransmission may then wait as long again, a new direct path is tried every 5 s. */
const pathLimitMs = 30_000;

/** A TCP connection to an echo service that carries numbered lines until it is ended. */
export class Stream implements AsyncDisposable {
  private readonly from: RunningNode;
  private readonly process: Spawned;
  private readonly reading: Promise<void>;
  private readonly stderr: Promise<string>;
  /** When each line came back; performance.now(). */
  private readonly times: number[] = [];
  private outOfOrder: string | undefined;
  private onLine = () => {};

  private constructor(from: RunningNode, process: Spawned) {
    this.from = from;
    this.process = process;
    this.stderr = text(process.stderr);
    this.reading = this.read();
  }

  /** Resolves when the first lines have come back. */
  static async open(from: RunningNode, host: string, port: number): Promise<Stream> {
    const argv = ["bash", "-c", client, "stream", host, String(port)];
    const stream = new Stream(from, await from.spawn(argv));
    try {
      await stream.further(1);
    } catch (error) {
      await stream[Symbol.asyncDispose]();
      throw error;
    }
    return stream;
  }

  private async read(): Promise<void> {
    for await (const line of createInterface({ input: this.process.stdout })) {
      if (line !== `line ${this.times.length} of the stream`) this.outOfOrder ??= line;
      this.times.push(performance.now());
      this.onLine();
    }
  }

  /** Resolves when so many more lines have come back; rejects with WaitTimedOut where none does for the limit. */
  async further(lines: number, idleMs = 30_000): Promise<void> {
    const goal = this.times.length + lines;
    using limit = idleTimeout(
      idleMs,
      this.from.name,
      () => `line ${this.times.length} of the stream to come back`,
    );
    const arrived = Promise.withResolvers<void>();
    this.onLine = () => {
      limit.moved(`line ${this.times.length - 1}`);
      if (this.times.length >= goal) arrived.resolve();
    };
    const ended = this.reading.then(async () => {
      throw new Error(`${this.from.name}: the stream ended: ${await this.stderr}`);
    });
    await Promise.race([arrived.promise, limit.timedOut, ended]);
  }

  /**
   * The paths by which the next lines come back, by the counters of what arrived. What is sent is no
   * proof: while a path is in doubt, tailscaled sends by both.
   */
  async pathsBack(lines = lineRate / 2): Promise<string[]> {
    const before = await metricsOf(this.from);
    await this.further(lines);
    const after = await metricsOf(this.from);
    return Object.keys(after.inbound).filter(
      (path) => (after.inbound[path]?.packets ?? 0) > (before.inbound[path]?.packets ?? 0),
    );
  }

  /** Resolves when the stream comes back by one path alone; `cause` says why it should. */
  async comesBackBy(path: string, cause: string): Promise<void> {
    const limit = performance.now() + pathLimitMs;
    for (;;) {
      const paths = await this.pathsBack();
      if (paths.length === 1 && paths[0] === path) return;
      if (performance.now() < limit) continue;
      throw new LabError(
        "WaitTimedOut",
        `${cause}: it should come back by ${path}, and after ${pathLimitMs / 1000} s still does by ${paths.join(", ")}`,
        {
          where: this.from.name,
          remedy: "look at its paths: `tailscale ping`, `tailscale netcheck`",
        },
      );
    }
  }

  /** The longest time that the stream stood still since a moment of performance.now(), and when it then went on. */
  longestGap(since: number): { ms: number; endedAt: number } {
    let gap = { ms: 0, endedAt: since };
    for (const [index, time] of this.times.entries()) {
      if (time < since) continue;
      const ms = time - (this.times[index - 1] ?? time);
      if (ms > gap.ms) gap = { ms, endedAt: time };
    }
    return gap;
  }

  /** Writes no more, waits for the rest to come back, and tells how it went. */
  async end(): Promise<StreamEnd> {
    this.process.stdin.end();
    await this.reading;
    const stderr = await this.stderr;
    return {
      sent: Number(/^sent (\d+)$/m.exec(stderr)?.[1] ?? Number.NaN),
      echoed: this.times.length,
      outOfOrder: this.outOfOrder,
      exitCode: await this.process.exitCode,
      stderr: stderr.replace(/^sent \d+\n/m, ""),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.kill();
    await this.reading;
  }
}
