import Docker from "dockerode";
import type { ImageKey } from "../plan/plan.ts";
import type { Progress } from "../progress.ts";
import { importDebian, pullDebian } from "./debian.ts";
import { imageFault, presentImages } from "./engine.ts";
import type { ImageBuild } from "./image-build.ts";
import { addPrograms } from "./programs.ts";
import { imageRef } from "./recipes.ts";
import { openTemporaryDirectory } from "./temporary-directory.ts";

/**
 * Makes the images that the engine lacks: from official images where a registry answers, from
 * Debian packages and Go modules where none does. A tag appears only on what is complete.
 * @param signal stops what is being made
 * @throws LabError EngineMissing, EngineLost, DiskFull, ImageUnbuildable; the signal's reason
 */
export async function ensureImages(
  keys: ImageKey[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const engine = new Docker();
  const baseRef = imageRef({ program: "base" });
  const wanted = new Map(keys.map((key) => [imageRef(key), key]));
  const present = await presentImages(engine, [baseRef, ...wanted.keys()]);
  const missing = [...wanted].filter(([ref]) => !present.has(ref));
  if (missing.length === 0) return;

  using temporary = openTemporaryDirectory();
  // The first failure stops the rest: its cause is what the reader needs.
  const failure = new AbortController();
  const stop = AbortSignal.any([failure.signal, ...(signal === undefined ? [] : [signal])]);
  const make = (ref: string, work: (making: ImageBuild) => Promise<void>) =>
    progress.step(`image ${ref.replace(/-[0-9a-f]+$/, "")}`, async (detail) => {
      try {
        const folder = temporary.folder(ref);
        await work({ engine, ref, folder, signal: stop, detail });
      } catch (error) {
        signal?.throwIfAborted();
        if (failure.signal.aborted) throw new Error("stopped, as another image failed");
        failure.abort(imageFault(ref, error));
        throw failure.signal.reason;
      }
    });

  const base = present.has(baseRef)
    ? Promise.resolve()
    : make(baseRef, (making) => pullDebian(making).catch(() => importDebian(making)));
  const programs = missing.map(([ref, key]) =>
    key.program === "base" ? base : make(ref, (making) => addPrograms(making, key, base)),
  );
  // All are waited for, so that the folder stays until the last one has ended.
  await Promise.allSettled([base, ...programs]);
  stop.throwIfAborted();
}
