import type { EvidenceSource } from "../evidence/evidence.ts";
import { liveSource } from "../evidence/live.ts";
import type { Manifest } from "../evidence/manifest.ts";
import type { RunningLab } from "../running/running-lab.ts";
import { anonymised, withoutSecrets } from "./clean.ts";
import { collectEvidence } from "./collect.ts";
import { assertReplaceable, writeCapture } from "./write.ts";

export interface CaptureOptions {
  /** Of the package. */
  version: string;
  anonymise: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Writes what a lab's machines print into a folder, without secrets.
 * @throws LabError OutputTaken; EngineLost
 */
export async function captureLab(
  lab: RunningLab,
  folder: string,
  options: CaptureOptions,
): Promise<Manifest> {
  return captureSource(await liveSource(lab), folder, options);
}

/**
 * The same of any source: of a folder that was put together by hand, for who hands it on.
 * @throws LabError OutputTaken; EngineLost
 */
export async function captureSource(
  source: EvidenceSource,
  folder: string,
  { version, anonymise, signal }: CaptureOptions,
): Promise<Manifest> {
  await assertReplaceable(folder);
  const at = new Date().toISOString();
  const clean = withoutSecrets(await collectEvidence(source, signal));
  signal?.throwIfAborted();
  const collected = anonymise ? anonymised(clean) : clean;
  return writeCapture(folder, collected, { version, at, anonymised: anonymise });
}
