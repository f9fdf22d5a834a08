import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { LabError } from "../errors.ts";

/** The context that was taken, where DOCKER_HOST did not say anything. */
let taken: { name: string; host: string } | undefined;

/** What names the engine's address: for remedies. */
export function addressSource(): string {
  const { name, host } = taken ?? {};
  return name !== undefined && host === process.env.DOCKER_HOST
    ? `the Docker context ${name}`
    : "DOCKER_HOST";
}

/**
 * Takes the engine of the docker command's current context, as that command does: DOCKER_HOST goes first, then
 * DOCKER_CONTEXT, then `docker context use`. The address is put into DOCKER_HOST, for all that this process starts.
 * @throws LabError EngineMissing where the context can't be read
 */
export async function useDockerContext(): Promise<void> {
  if ((process.env.DOCKER_HOST ?? "") !== "") return;
  const folder = process.env.DOCKER_CONFIG ?? join(homedir(), ".docker");
  const name = process.env.DOCKER_CONTEXT || (await currentContext(folder));
  if (name === undefined || name === "default") return;
  // Names the docker command's own way: its store is keyed by a digest.
  const key = createHash("sha256").update(name).digest("hex");
  const { Host, SkipTLSVerify } = await readContext(name, join(folder, "contexts/meta", key));
  process.env.DOCKER_HOST = Host;
  taken = { name, host: Host };
  const certificates = join(folder, "contexts/tls", key, "docker");
  if (existsSync(certificates)) {
    process.env.DOCKER_CERT_PATH = certificates;
    if (SkipTLSVerify !== true) process.env.DOCKER_TLS_VERIFY = "1";
  }
}

async function currentContext(folder: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(folder, "config.json"), "utf8");
    // Without a schema: every command reads this, and zod would take most of its start.
    const { currentContext } = JSON.parse(text) as { currentContext?: unknown };
    return typeof currentContext === "string" ? currentContext : undefined;
  } catch {
    // None, or none of the docker command's.
    return undefined;
  }
}

async function readContext(
  name: string,
  folder: string,
): Promise<{ Host: string; SkipTLSVerify?: boolean | undefined }> {
  const file = join(folder, "meta.json");
  const { z } = await import("zod");
  const metaSchema = z.looseObject({
    Endpoints: z.looseObject({
      docker: z.looseObject({ Host: z.string(), SkipTLSVerify: z.boolean().optional() }),
    }),
  });
  try {
    return metaSchema.parse(JSON.parse(await readFile(file, "utf8"))).Endpoints.docker;
  } catch (cause) {
    throw new LabError("EngineMissing", `the Docker context ${name} can't be read`, {
      where: file,
      remedy: "choose another: `docker context use default`, or set DOCKER_HOST",
      cause,
    });
  }
}
