import type { Diagnosis } from "../lab/doctor/diagnose.ts";

/** 0 where all is well, 1 where something is wrong, 2 where it could not be looked at all. */
export function exitCodeOf({ findings, works, notLooked }: Diagnosis): number {
  if (works === false || findings.some(({ severity }) => severity !== "info")) return 1;
  return notLooked.length > 0 ? 2 : 0;
}
