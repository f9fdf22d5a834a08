import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { imageRef } from "../../lab/images/recipes.ts";
import { planLab } from "../../lab/plan/plan-lab.ts";
import { loadTopology } from "../../lab/topology/load.ts";
import manifest from "../../package.json" with { type: "json" };
import { stackRun } from "../../stacks/orphans.ts";
import { synthesise } from "../../stacks/synth.ts";

const root = path.join(import.meta.dirname, "../..");

/** A hook, as a data: URL, that gives `cdktn` to whoever asks for `cdktf`, as an alias in npm does. */
const alias = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from "node:module";
registerHooks({
  resolve: (name, context, next) => next(name === "cdktf" ? "cdktn" : name, context),
});
`)}`;

async function readStack(folder: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path.join(folder, "cdk.tf.json"), "utf8"));
}

test("cdktf and its fork cdktn synthesise the same JSON", async () => {
  const outdir = await mkdtemp(path.join(tmpdir(), "tailnet-lab-synth-"));
  try {
    // As `npm run synth` writes the default lab's, and keeps beside it what the other needs for the same.
    const argv = ["--import", alias, `${root}/stacks/main.ts`];
    const { stdout } = await execa(process.execPath, argv, { env: { CDKTF_OUTDIR: outdir } });
    const { "//": cdktnNotes, ...cdktnStack } = await readStack(stdout);
    const kept = await readFile(path.join(outdir, "homelab.lab.json"), "utf8");
    const { topology, policyText } = await loadTopology(`${root}/topologies/homelab.ts`);
    const plan = planLab(topology, { run: stackRun, policyText, ...JSON.parse(kept) });
    const folder = synthesise(path.join(outdir, "cdktf"), { plan, imageRef, origin: outdir });
    const { "//": cdktfNotes, ...cdktfStack } = await readStack(folder);
    // Each tells its own version: so it is the one that was asked for.
    expect(cdktfNotes).toMatchObject({ metadata: { version: manifest.dependencies.cdktf } });
    expect(cdktnNotes).toMatchObject({ metadata: { version: manifest.devDependencies.cdktn } });
    expect(cdktfStack).toHaveProperty("resource.docker_container.node-laptop");
    expect(cdktnStack).toEqual(cdktfStack);
  } finally {
    await rm(outdir, { recursive: true });
  }
});
