import { runOnce } from "../engine/run-once.ts";
import { LabError } from "../errors.ts";
import { label } from "../plan/plan.ts";
import type { RunningLab } from "./running-lab.ts";

/**
 * Sets a sysctl of a machine's network (net.*). Containers have /proc/sys read-only, so it is done as the container's
 * own are: by the engine, here for one that ends at once and is in the machine's network.
 * Throws NodeFailed with the engine's words.
 */
export async function setSysctl(
  lab: RunningLab,
  node: string,
  name: string,
  value: string,
): Promise<void> {
  const { container } = lab.node(node);
  // Of the lab's own DNS: every lab has it, and it is the base image.
  const { Image } = await lab.node("dns").container.inspect();
  const { exitCode, output } = await runOnce(lab.engine, {
    Image,
    Entrypoint: ["true"],
    Labels: { [label.lab]: lab.name, [label.run]: lab.run, [label.kind]: "sysctl" },
    HostConfig: {
      NetworkMode: `container:${container.id}`,
      Sysctls: { [name]: value },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
    },
  });
  if (exitCode === 0) return;
  throw new LabError("NodeFailed", `${name} can't be set to ${value}: ${output.trim()}`, {
    where: node,
    remedy: "see whether the engine lets a container share another's network",
  });
}
