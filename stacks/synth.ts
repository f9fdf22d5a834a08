import { join } from "node:path";
import { App } from "cdktf";
import { LabStack, type LabStackOptions } from "./lab-stack.ts";

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

/** Where cdktf puts a stack's JSON. */
export function stackDirectory(outdir: string, lab: string): string {
  return join(outdir, "stacks", lab);
}
