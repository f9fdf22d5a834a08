import { fileURLToPath } from "node:url";
import { execa } from "execa";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the command line without an engine: DOCKER_HOST names a socket that is not there. */
export function runCli(
  args: readonly string[],
  env: Record<string, string> = {},
  options: { cwd?: string } = {},
) {
  return execa(process.execPath, [`${root}cli/main.ts`, ...args], {
    env: { DOCKER_HOST: "unix:///nowhere/docker.sock", ...env },
    ...options,
    reject: false,
    stdin: "ignore",
  });
}
