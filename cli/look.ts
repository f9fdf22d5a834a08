import { loadTopology } from "../lab/topology/load.ts";
import { type Lack, lookAround } from "../setup/look.ts";
import { supportedEngine } from "../setup/preflight.ts";
import type { StackOptions } from "../stacks/up.ts";
import { stackOf } from "./prepare.ts";
import { defaultTopology } from "./which-lab.ts";

/** A topology, checked, and the machine as it is. */
interface Looked {
  lab: string;
  lacks: Lack[];
  /** Absent where there is no engine or no Terraform. */
  stack?: Omit<StackOptions, "progress" | "signal">;
}

/** As `prepare`, without doing anything to the machine. */
export async function look(file: string | undefined): Promise<Looked> {
  const stack = stackOf(await loadTopology(file ?? defaultTopology));
  const { lab, containers } = stack.plan();
  const images = containers.map((container) => container.image);
  const { engine, terraform, lacks } = await lookAround([{ program: "base" }, ...images]);
  if (engine !== undefined) await supportedEngine(engine);
  if (engine === undefined || terraform === undefined) return { lab, lacks };
  return { lab, lacks, stack: { ...stack, terraform } };
}
