import type Docker from "dockerode";
import { LabError } from "../errors.ts";
import { errorMessage } from "./output.ts";

/** Go's names, which are also those of image platforms and of Debian, by the kernel's and Node's. */
const goNames: Record<string, string> = {
  x86_64: "amd64",
  x64: "amd64",
  aarch64: "arm64",
};

/** What images are made for; the official ones are for both as well. */
const supported = ["amd64", "arm64"];

/**
 * Which of the references the engine has, in one call.
 * @throws LabError EngineMissing
 */
export async function presentImages(engine: Docker, refs: string[]): Promise<Set<string>> {
  try {
    const images = await engine.listImages({ filters: { reference: refs } });
    return new Set(images.flatMap((image) => image.RepoTags ?? []));
  } catch (error) {
    throw engineMissing(error);
  }
}

/**
 * The architecture that the engine's containers run on, which need not be this machine's.
 * @returns amd64 or arm64
 * @throws LabError EngineMissing; ImageUnbuildable for another architecture
 */
export async function engineArchitecture(engine: Docker): Promise<string> {
  const { Architecture: told } = await engine.info().catch((error: unknown) => {
    throw engineMissing(error);
  });
  const architecture = goNames[told] ?? told;
  if (supported.includes(architecture)) return architecture;
  throw new LabError("ImageUnbuildable", `there are no images for ${told}`, {
    where: process.env.DOCKER_HOST ?? "the local Docker Engine",
    remedy: `use an engine on ${supported.join(" or ")}`,
  });
}

/** This machine's, by the same names. */
export function ownArchitecture(): string {
  return goNames[process.arch] ?? process.arch;
}

function engineMissing(error: unknown): LabError {
  return new LabError("EngineMissing", `Docker Engine does not answer: ${errorMessage(error)}`, {
    remedy: "start Docker Engine, or set DOCKER_HOST to one that runs",
    cause: error,
  });
}
