// `node setup/start.mjs PROGRAM.ts [ARGUMENT…]`: a TypeScript program of this project, once setup/run.mjs has
// seen to node modules and to a Node new enough. Plain JavaScript, so that the compile cache is on before
// the first type has to be stripped.
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { enableCompileCache } from "../bin/compile-cache.mjs";

enableCompileCache();
const file = join(dirname(dirname(fileURLToPath(import.meta.url))), process.argv[2]);
process.argv.splice(1, 2, file);
await import(pathToFileURL(file).href);
