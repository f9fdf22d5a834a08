import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OwnEngine, startOwnEngine } from "../engines/own-engine.ts";

/** An engine of the machine's own release, with a registry on its loopback as its mirror. */
export interface EngineWithMirror extends OwnEngine {
  /** What the registry was asked for, a line each. */
  registryLog(): string;
}

export const registryAddress = "127.0.0.1:5000";

/**
 * Starts both, with a way out through this machine for the builds' downloads. Needs root.
 * @param folder where the registry has what it keeps
 * @param registry the path of docker-registry
 * @throws LabError EngineMissing
 */
export async function startEngineWithMirror(
  folder: string,
  registry: string,
): Promise<EngineWithMirror> {
  const log = join(folder, "registry.log");
  const configuration = join(folder, "registry.yml");
  writeFileSync(
    configuration,
    [
      "version: 0.1",
      `storage: { filesystem: { rootdirectory: ${JSON.stringify(join(folder, "registry"))} } }`,
      `http: { addr: "${registryAddress}" }`,
    ].join("\n"),
  );
  const serve = 'exec "$1" serve "$2" >"$3" 2>&1';
  const own = await startOwnEngine(
    { name: "as installed with a mirror", from: "machine" },
    {
      daemon: { "registry-mirrors": [`http://${registryAddress}`] },
      beside: ["sh", "-c", serve, "sh", registry, configuration, log],
      uplink: "machine",
    },
  );
  return { ...own, registryLog: () => readFileSync(log, "utf8") };
}
