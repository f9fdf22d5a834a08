import { createRequire } from "node:module";

/**
 * Dockerode, with the two parts that take most of its time to load put off until they are used: the
 * SSH client (`DOCKER_HOST=ssh://…`), and BuildKit's session, which needs gRPC. A command line that only
 * asks a local engine starts in half the time.
 */
const require = createRequire(import.meta.url);
const dockerode = require.resolve("dockerode");
deferred(createRequire(dockerode).resolve("docker-modem/lib/ssh.js"));
deferred(createRequire(dockerode).resolve("./session.js"));

export const Docker: typeof import("dockerode") = require("dockerode");

/** Puts a function in a CommonJS module's place that loads the module, a function too, when called. */
function deferred(file: string): void {
  if (require.cache[file] !== undefined) return;
  const module = (...args: unknown[]): unknown => {
    if (require.cache[file]?.exports === module) delete require.cache[file];
    return require(file)(...args);
  };
  require.cache[file] = { exports: module, loaded: true } as unknown as NodeJS.Module;
}
