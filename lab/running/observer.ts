import { randomUUID } from "node:crypto";
import { type Engine, engineCall } from "../engine/engine.ts";
import { type Spawned, spawnIn } from "../engine/exec.ts";
import { dockerName } from "../plan/docker-name.ts";
import { label } from "../plan/plan.ts";
import { stateVolume } from "../plan/volumes.ts";
import type { RunningLab } from "./running-lab.ts";

/** Longer than any wait; a container whose starter was killed ends by itself. */
const lifeSeconds = 600;

/** A container without a network that sees what no machine of the lab may: all nodes' own volumes, in /nodes/NAME. */
export interface Observer extends AsyncDisposable {
  spawn(argv: readonly string[]): Promise<Spawned>;
}

/** One process asks all tailscaleds there: a process of the engine's in each node would cost as much as its start. */
export async function startObserver(lab: RunningLab): Promise<Observer> {
  const container = await engineCall(
    lab.engine.createContainer({
      name: `${dockerName(lab.name, "observer")}-${randomUUID().slice(0, 8)}`,
      Image: await imageOf(lab.engine, lab),
      Entrypoint: ["sleep"],
      Cmd: [String(lifeSeconds)],
      Labels: { [label.lab]: lab.name, [label.run]: lab.run, [label.kind]: "observer" },
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
    await engineCall(container.remove({ force: true })).catch(() => {});
  };
  try {
    await engineCall(container.start());
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    spawn: (argv) => spawnIn(container, "observer", argv),
    [Symbol.asyncDispose]: remove,
  };
}

/** Of the lab's own DNS: every lab has it, and it is the base image. */
async function imageOf(engine: Engine, lab: RunningLab): Promise<string> {
  const { Image } = await engineCall(engine.getContainer(lab.node("dns").container.id).inspect());
  return Image;
}
