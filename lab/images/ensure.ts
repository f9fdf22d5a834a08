import { openEngine } from "../engine/engine.ts";
import type { ImageKey } from "../plan/plan.ts";
import type { Progress } from "../progress.ts";
import { addBase } from "./debian.ts";
import { engineArchitecture, presentImages } from "./engine.ts";
import { imageFailure } from "./failure.ts";
import type { ImageBuild } from "./image-build.ts";
import { isAbandoned, newOwner, removeLeftovers } from "./leftovers.ts";
import { addPrograms } from "./programs.ts";
import { imageRef } from "./recipes.ts";
import { openTemporaryDirectory } from "./temporary-directory.ts";

/**
 * Makes the images that the engine lacks, for its architecture: from official images where a
 * registry has them, from Debian packages and Go modules where none does. A tag appears only on what
 * is complete; what was needed on the way is removed, however it ends.
 * @param signal stops what is being made
 * @throws LabError EngineMissing, EngineLost, DiskFull, ImageUnbuildable; the signal's reason
 */
export async function ensureImages(
  keys: ImageKey[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const engine = await openEngine();
  const baseRef = imageRef({ program: "base" });
  const wanted = new Map(keys.map((key) => [imageRef(key), key]));
  const present = await presentImages(engine, [baseRef, ...wanted.keys()]);
  const missing = [...wanted].filter(([ref]) => !present.has(ref));
  if (missing.length === 0) return;

  const architecture = await engineArchitecture(engine);
  using temporary = openTemporaryDirectory();
  const owner = newOwner();
  // The first failure stops the rest: its cause is what the reader needs.
  const failure = new AbortController();
  const stop = AbortSignal.any([failure.signal, ...(signal === undefined ? [] : [signal])]);
  const make = (ref: string, work: (build: ImageBuild) => Promise<void>) =>
    progress.step(`image ${ref.replace(/-[0-9a-f]+$/, "")}`, async (detail) => {
      try {
        const folder = temporary.folder(ref);
        await work({ engine, architecture, ref, owner, folder, signal: stop, detail });
      } catch (error) {
        signal?.throwIfAborted();
        if (failure.signal.aborted) throw new Error("stopped, as another image failed");
        failure.abort(imageFailure(ref, error));
        throw failure.signal.reason;
      }
    });

  const programs = missing.filter(([, key]) => key.program !== "base");
  const base = present.has(baseRef)
    ? Promise.resolve()
    : make(baseRef, (build) => addBase(build, programs.length > 0));
  // All are waited for, so that the folder stays until the last one has ended.
  await Promise.allSettled([
    base,
    ...programs.map(([ref, key]) =>
      key.program === "base" ? base : make(ref, (build) => addPrograms(build, key, base)),
    ),
  ]);
  await removeLeftovers(engine, (by, at) => by === owner || isAbandoned(by, at)).catch(() => {
    // The engine is lost, which is told already, or the next set of builds tries again.
  });
  stop.throwIfAborted();
}
