/** `npm run build`: JavaScript with declarations, and the files that are read at run time, into dist/. */
import { dirname, join } from "node:path";
import { $, fs, glob } from "zx";

await fs.remove("dist");
await $({ stdio: "inherit", preferLocal: true })`tsc -p tsconfig.build.json`;
for (const file of await glob([
  "lab/images/*",
  "lab/programs/*",
  "scenarios/cases/recorded/*",
  "scenarios/harness/*",
  "stacks/provider/*",
  "topologies/*",
  "!**/*.ts",
])) {
  await fs.mkdir(join("dist", dirname(file)), { recursive: true });
  await fs.copyFile(file, join("dist", file));
}
const schema = await $`node dist/cli/main.js schema`;
await fs.writeFile("dist/topology.schema.json", schema.stdout);
