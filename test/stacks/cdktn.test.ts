import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const root = path.join(import.meta.dirname, "../..");

/** A hook, as a data: URL, that gives `cdktn` to whoever asks for `cdktf`, as an alias in npm does. */
const alias = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from "node:module";
registerHooks({
  resolve: (name, context, next) => next(name === "cdktf" ? "cdktn" : name, context),
});
`)}`;

/** The default lab's Terraform JSON, as `npm run synth` writes it. */
async function synthesised(...flags: string[]): Promise<Record<string, unknown>> {
  const outdir = await mkdtemp(path.join(tmpdir(), "tailnet-lab-synth-"));
  try {
    // As an earlier synthesis leaves it: else each makes up a secret of its own.
    await writeFile(path.join(outdir, "homelab.lab.json"), '{ "secret": "the same for both" }');
    const { stdout } = await execa(process.execPath, [...flags, `${root}/stacks/main.ts`], {
      env: { CDKTF_OUTDIR: outdir },
    });
    const json = await readFile(path.join(stdout, "cdk.tf.json"), "utf8");
    return JSON.parse(json.replaceAll(outdir, "OUTDIR"));
  } finally {
    await rm(outdir, { recursive: true });
  }
}

test("cdktf and its fork cdktn synthesise the same JSON", async () => {
  const [cdktf, cdktn] = await Promise.all([synthesised(), synthesised("--import", alias)]);
  const { "//": cdktfNotes, ...cdktfStack } = cdktf;
  const { "//": cdktnNotes, ...cdktnStack } = cdktn;
  // Each tells its own version: so it is the one that was asked for.
  expect(cdktfNotes).toMatchObject({ metadata: { version: manifest.dependencies.cdktf } });
  expect(cdktnNotes).toMatchObject({ metadata: { version: manifest.devDependencies.cdktn } });
  expect(cdktfStack).toHaveProperty("resource.docker_container.node-laptop");
  expect(cdktnStack).toEqual(cdktfStack);
});
