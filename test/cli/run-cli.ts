import { fileURLToPath } from "node:url";
import { execa } from "execa";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What Node has compiled: half of the time of a short command. */
const compiled = `${root}node_modules/.cache/tailnet-lab-test`;

/** Runs the command line without an engine: DOCKER_HOST names a socket that is not there. */
export function runCli(args: readonly string[], env: Record<string, string> = {}) {
  return execa(process.execPath, [`${root}setup/start.mjs`, "cli/main.ts", ...args], {
    env: { DOCKER_HOST: "unix:///nowhere/docker.sock", NODE_COMPILE_CACHE: compiled, ...env },
    reject: false,
    stdin: "ignore",
  });
}
