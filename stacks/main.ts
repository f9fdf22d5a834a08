import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab/errors.ts";
import { imageRef } from "../lab/images/recipes.ts";
import { allocate } from "../lab/plan/allocate.ts";
import { type Allocation, emptyAllocation } from "../lab/plan/allocation.ts";
import { segmentNames } from "../lab/plan/network.ts";
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

try {
  await synthesiseLab();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function synthesiseLab(): Promise<void> {
  const { topology, policyText } = await loadTopology(
    process.env.TAILNET_LAB_TOPOLOGY ?? defaultTopology,
  );
  const outdir = process.env.CDKTF_OUTDIR ?? "cdktf.out";
  const kept = join(outdir, `${topology.name}.lab.json`);
  const given = readKept(kept, segmentNames(topology));
  const plan = planLab(topology, { run: stackRun, policyText, ...given });
  mkdirSync(outdir, { recursive: true });
  // Beside the JSON: the next one keeps all that is still declared as it was.
  const record = { allocation: plan.allocation, secret: given.secret };
  writeFileSync(kept, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  console.log(synthesise(outdir, { plan, imageRef, origin: resolve(outdir) }));
}

function readKept(
  kept: string,
  segments: readonly string[],
): { allocation: Allocation; secret: string } {
  const before = existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")) : undefined;
  const { subnets: had = {}, ...numbers } = before?.allocation ?? emptyAllocation({});
  const range = { from: poolFor(segments), to: 255, of: "TAILNET_LAB_POOL" };
  const subnets = allocate(segments, range, new Set(), had);
  return {
    allocation: { ...numbers, subnets: Object.fromEntries(subnets) },
    secret: before?.secret ?? randomBytes(16).toString("hex"),
  };
}

function poolFor({ length }: readonly string[]): number {
  const text = process.env.TAILNET_LAB_POOL ?? defaultPool;
  const last = 256 - length;
  if (/^\d+$/.test(text) && Number(text) <= last) return Number(text);
  throw new LabError(
    "UsageInvalid",
    `${JSON.stringify(text)} is no number from which all networks (${length}) have room`,
    { where: "TAILNET_LAB_POOL", remedy: `write a number from 0 to ${last}` },
  );
}
