import { Readable } from "node:stream";
import type { Engine } from "../../lab/engine/engine.ts";
import { label, type NodeSpec } from "../../lab/plan/plan.ts";

export interface FakeContainer {
  lab: string;
  run?: string;
  name: string;
  spec?: Partial<NodeSpec>;
  running?: boolean;
  exitCode?: number;
  /** Lines that it has printed. A running one's log goes on after them. */
  log?: string[];
}

/** As much of the engine's client as finding a lab and reading its logs takes. */
export function fakeEngine(containers: readonly FakeContainer[]): Engine {
  const isRunning = (container: FakeContainer) => container.running ?? true;
  return {
    listContainers: async ({ filters }: { filters: { label: string[] } }) =>
      containers.map(toInfo).filter(({ Labels }) =>
        filters.label.every((wanted) => {
          const [key = "", value] = wanted.split("=");
          return key in Labels && (value === undefined || Labels[key] === value);
        }),
      ),
    getContainer: (id: string) => {
      const container = containers.find((candidate) => candidate.name === id);
      const lines = (container?.log ?? []).map(frame);
      return {
        inspect: async () => ({
          State: {
            Running: container !== undefined && isRunning(container),
            ExitCode: container?.exitCode ?? 0,
            OOMKilled: false,
            Error: "",
            FinishedAt: "0001-01-01T00:00:00Z",
          },
        }),
        logs: async ({ follow }: { follow: boolean }) => {
          if (!follow) return Buffer.concat(lines);
          const stream = new Readable({ read() {} });
          for (const line of lines) stream.push(line);
          if (container?.exitCode !== undefined) stream.push(null);
          return stream;
        },
      };
    },
  } as unknown as Engine;

  function toInfo(container: FakeContainer) {
    const { lab, name, run = "stack", spec = {} } = container;
    return {
      Id: name,
      State: isRunning(container) ? "running" : "exited",
      Labels: {
        [label.lab]: lab,
        [label.run]: run,
        [label.node]: name,
        [label.spec]: JSON.stringify({ name, kind: "host", services: [], ...spec }),
      } as Record<string, string>,
    };
  }
}

/** One frame of standard output, as the engine sends it. */
export function frame(line: string): Buffer {
  const data = Buffer.from(`${line}\n`);
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(data.length, 4);
  return Buffer.concat([head, data]);
}
