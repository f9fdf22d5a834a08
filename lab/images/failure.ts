import { engineLost, isEngineLost } from "../engine/engine.ts";
import { LabError } from "../errors.ts";
import { errorMessage } from "./output.ts";

/** Why an image could not be built: the cause where it is known, else the program's own output. */
export function imageFailure(ref: string, error: unknown): LabError {
  if (isDiskFull(error)) {
    return new LabError("DiskFull", "no space left on the disk", {
      where: ref,
      remedy: "free 5 GB, most of them for Go's caches, and try again; nothing half-made is left",
      cause: error,
    });
  }
  if (error instanceof LabError) return error;
  if (isEngineLost(error)) return engineLost(error);
  return new LabError("ImageUnbuildable", `the image can't be built: ${errorMessage(error)}`, {
    where: ref,
    remedy:
      "check the version, the machine's Go, and that a registry or Debian's archive and Go's module proxy answer",
    cause: error,
  });
}

/** Whether an error, of whichever program, says that the disk is full. */
export function isDiskFull(error: unknown): boolean {
  return /no space left on device|ENOSPC|disk quota exceeded/i.test(errorMessage(error));
}
