import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type Docker from "dockerode";
import { LabError } from "../errors.ts";
import type { ImageBuild } from "./image-build.ts";
import { imageLabel, recipeFolder } from "./recipes.ts";

/** What of the engine's progress stream is used; loose, as engines differ. */
interface EngineEvent {
  stream?: string;
  status?: string;
  progress?: string;
  aux?: { ID?: string };
}

/**
 * Reads the engine's answer to a pull, build or import to its end.
 * @returns the id of the image that a build made
 * @throws Error with the engine's words
 */
export async function followEngine(
  engine: Docker,
  stream: NodeJS.ReadableStream,
  detail: (text: string) => void,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let id = "";
  let output = "";
  engine.modem.followProgress(
    stream,
    (error) => {
      if (error !== null) reject(new Error(`${error.message}\n${output}`.trim(), { cause: error }));
      else resolve(id);
    },
    (event: EngineEvent) => {
      id = event.aux?.ID ?? id;
      output = `${output}${event.stream ?? ""}`.slice(-2000);
      const text = event.stream ?? `${event.status ?? ""} ${event.progress ?? ""}`;
      const line = text.trim().split("\n").at(-1);
      if (line !== undefined && line !== "") detail(line);
    },
  );
  return await promise;
}

export async function pullImage(making: ImageBuild, image: string): Promise<void> {
  making.detail(`pulling ${image}`);
  const answer = await making.engine.pull(image, { abortSignal: making.signal });
  await followEngine(making.engine, answer, (text) => making.detail(`pulling ${image}: ${text}`));
}

/**
 * Builds a Dockerfile of the recipe folder, with `files` of the making's folder as its context.
 * @returns the image's id; without a tag it has no other name
 */
export async function buildImage(
  making: ImageBuild,
  dockerfile: string,
  files: string[],
  options: { tag?: string; arguments: Record<string, string> },
): Promise<string> {
  await mkdir(making.folder, { recursive: true });
  await copyFile(join(recipeFolder, dockerfile), join(making.folder, dockerfile));
  const answer = await making.engine.buildImage(
    { context: making.folder, src: [dockerfile, ...files] },
    {
      dockerfile,
      ...(options.tag === undefined ? {} : { t: options.tag }),
      buildargs: options.arguments,
      labels: { [imageLabel]: making.ref },
      // The builder of every engine since 1.12; the newer one needs a session beside the API.
      version: "1",
      rm: true,
      forcerm: true,
      abortSignal: making.signal,
    },
  );
  return await followEngine(making.engine, answer, making.detail);
}

/**
 * Which of the references the engine has, in one call.
 * @throws LabError EngineMissing
 */
export async function presentImages(engine: Docker, refs: string[]): Promise<Set<string>> {
  try {
    const images = await engine.listImages({ filters: { reference: refs } });
    return new Set(images.flatMap((image) => image.RepoTags ?? []));
  } catch (error) {
    throw new LabError("EngineMissing", `Docker Engine does not answer: ${words(error)}`, {
      remedy: "start Docker Engine, or set DOCKER_HOST to one that runs",
      cause: error,
    });
  }
}

/** An image could not be made: names the cause where it is known, else gives the tool's words. */
export function imageFault(ref: string, error: unknown): LabError {
  const said = words(error);
  if (isDiskFull(error)) {
    return new LabError("DiskFull", "no space left on the disk", {
      where: ref,
      remedy: "free 5 GB, most of them for Go's caches, and try again; nothing half-made is left",
      cause: error,
    });
  }
  if (/ECONNREFUSED|ECONNRESET|EPIPE|ENOENT .*\.sock|socket hang up|aborted/.test(said)) {
    return new LabError("EngineLost", "Docker Engine stopped answering while the image was made", {
      where: ref,
      remedy: "start Docker Engine and try again; nothing half-made is left",
      cause: error,
    });
  }
  if (error instanceof LabError) return error;
  return new LabError("ImageUnbuildable", `the image can't be made: ${said}`, {
    where: ref,
    remedy:
      "check the version, the machine's Go, and that a registry or Debian's archive and Go's module proxy answer",
    cause: error,
  });
}

/** Whether an error, of whichever program, says that the disk is full. */
export function isDiskFull(error: unknown): boolean {
  return /no space left on device|ENOSPC|disk quota exceeded/i.test(words(error));
}

export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
