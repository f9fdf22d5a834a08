import { extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { imageRef } from "../lab/images/recipes.ts";
import { planLab } from "../lab/plan/plan-lab.ts";
// biome-ignore lint/style/noRestrictedImports: an entry of its own, as the command line is
import { loadTopology } from "../lab/topology/load.ts";
import { stackRun } from "./orphans.ts";
import { synthesise } from "./synth.ts";

/**
 * The app of cdktf.json: writes the Terraform JSON of one lab for use with the registry's provider.
 * TAILNET_LAB_TOPOLOGY names the topology's file, else it is the default lab; TAILNET_LAB_POOL the
 * first of its /24 networks in 198.19.0.0/16 (0 to 255); CDKTF_OUTDIR is cdktf's own.
 */
const defaultTopology = fileURLToPath(
  new URL(`../topologies/homelab${extname(import.meta.url)}`, import.meta.url),
);
/** Far from where `tailnet-lab up` begins to look for free ones. */
const defaultPool = "200";

const { topology, policyText } = await loadTopology(
  process.env.TAILNET_LAB_TOPOLOGY ?? defaultTopology,
);
const outdir = process.env.CDKTF_OUTDIR ?? "cdktf.out";
const dockerPool = Number(process.env.TAILNET_LAB_POOL ?? defaultPool);
const directory = synthesise(outdir, {
  plan: planLab(topology, { run: stackRun, dockerPool, policyText }),
  imageRef,
  origin: resolve(outdir),
});
console.log(directory);
