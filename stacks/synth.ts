import { App } from "cdktf";
import { LabStack, type LabStackOptions } from "./lab-stack.ts";
import { stackDirectory } from "./state.ts";

/**
 * Writes the stack's Terraform JSON under `outdir`, in this process.
 * @returns the directory to run Terraform in.
 */
export function synthesise(outdir: string, options: LabStackOptions): string {
  const app = new App({ outdir, stackTraces: false });
  new LabStack(app, options);
  app.synth();
  return stackDirectory(outdir, options.plan.lab);
}
