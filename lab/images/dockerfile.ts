import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { followEngine } from "./engine-stream.ts";
import type { ImageBuild } from "./image-build.ts";
import { ownerLabel } from "./leftovers.ts";
import { recipeFolder } from "./recipes.ts";

/**
 * Builds a Dockerfile of the recipe folder, with `files` of the build's folder as its context.
 * @returns the image's id; it has no other name yet
 * @throws the signal's reason; LabError EngineLost; Error with the engine's message and last output
 */
export async function buildImage(
  build: ImageBuild,
  dockerfile: string,
  files: string[],
  options: { arguments: Record<string, string>; labels?: Record<string, string> },
): Promise<string> {
  const { engine, folder, signal } = build;
  await mkdir(folder, { recursive: true });
  const recipe = await readFile(join(recipeFolder, dockerfile), "utf8");
  await writeFile(join(folder, dockerfile), owned(recipe, build.owner));
  signal.throwIfAborted();
  const { id, output } = await followEngine(
    engine.buildImage(
      { context: folder, src: [dockerfile, ...files] },
      {
        dockerfile,
        buildargs: options.arguments,
        labels: options.labels ?? {},
        nocache: true,
        // The builder of every engine since 1.12; the newer one needs a session beside the API.
        version: "1",
        rm: true,
        forcerm: true,
        abortSignal: signal,
      },
    ),
    build,
  );
  if (id === undefined) {
    throw new Error([`the build of ${dockerfile} ended without an image`, ...output].join("\n"));
  }
  return id;
}

/**
 * A label at the beginning of the last stage marks the image of each step, and the containers that
 * run them, and keeps them apart from those of other builds in the builder's cache.
 */
function owned(recipe: string, owner: string): string {
  const lines = recipe.split("\n");
  const last = lines.findLastIndex((line) => line.startsWith("FROM "));
  return lines.toSpliced(last + 1, 0, `LABEL ${ownerLabel}=${owner}`).join("\n");
}
