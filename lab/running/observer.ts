import { randomUUID } from "node:crypto";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { engineCall } from "../engine/engine.ts";
import { unframe } from "../engine/frames.ts";
import { dockerName } from "../plan/docker-name.ts";
import { label, observerKind } from "../plan/plan.ts";
import { stateVolume } from "../plan/volumes.ts";
import type { RunningLab } from "./running-lab.ts";

/** A program in a container without a network that sees what no machine of the lab may: the nodes' own volumes. */
export interface Observer extends AsyncDisposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Starts a program that has each Tailscale node's own volume in /nodes/NAME, read-only. One process asks all
 * tailscaleds there: a process of the engine's in each node would cost as much as the node's start. Its standard
 * input ends with this process, however that ends, and so must the program; then the container is removed.
 */
export async function startObserver(lab: RunningLab, argv: readonly string[]): Promise<Observer> {
  // Of the lab's own DNS: every lab has it, and it is the base image.
  const { Image } = await engineCall(lab.node("dns").container.inspect());
  const container = await engineCall(
    lab.engine.createContainer({
      name: `${dockerName(lab.name, observerKind)}-${randomUUID().slice(0, 8)}`,
      Image,
      Entrypoint: argv.slice(0, 1),
      Cmd: argv.slice(1),
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Labels: { [label.lab]: lab.name, [label.run]: lab.run, [label.kind]: observerKind },
      HostConfig: {
        AutoRemove: true,
        NetworkMode: "none",
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges"],
        Mounts: lab.ofKind("tailscale").map(({ name }) => ({
          Type: "volume",
          Source: dockerName(lab.name, stateVolume(name)),
          Target: `/nodes/${name}`,
          ReadOnly: true,
        })),
      },
    }),
  );
  const remove = async () => {
    // It may be on its way out by itself.
    await container.remove({ force: true }).catch(() => {});
    await container.wait({ condition: "removed" }).catch(() => {});
  };
  try {
    const socket = await engineCall(
      container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true }),
    );
    // A connection that is cut ends the output; whoever reads it sees that.
    socket.on("error", () => {});
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    unframe(socket as unknown as Readable, stdout, stderr);
    await engineCall(container.start());
    const dispose = async () => {
      socket.end();
      await remove();
    };
    return { stdin: socket as unknown as Writable, stdout, stderr, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await remove();
    throw error;
  }
}
