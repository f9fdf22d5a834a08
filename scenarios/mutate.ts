/**
 * `npm run mutate [NAME…]`: breaks the lab in each way the table knows and runs the scenario that
 * must notice. A test that stays green, or goes red for another reason, is a defect: exit code 1.
 */
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { z } from "zod";
import { LabError } from "../lab/errors.ts";
import { type Mutation, mutations } from "./mutations.ts";

/** Labs at once: each takes a core while it starts. */
const atOnce = Math.max(2, Math.floor(os.availableParallelism() / 2));
const root = fileURLToPath(new URL("..", import.meta.url));

const report = z.looseObject({
  testResults: z.array(
    z.looseObject({
      message: z.string().default(""),
      assertionResults: z.array(
        z.looseObject({
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** @returns undefined where the mutation was noticed for its own reason, else what is wrong. */
async function tryMutation(mutation: Mutation, signal: AbortSignal): Promise<string | undefined> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "tailnet-lab-mutate-"));
  try {
    const output = path.join(folder, "report.json");
    const run = await execa({
      cwd: root,
      reject: false,
      all: true,
      cancelSignal: signal,
      env: { TAILNET_LAB_MUTATION: mutation.name, TAILNET_LAB_ARTIFACTS: folder },
    })`node node_modules/vitest/vitest.mjs run --project scenarios scenarios/${mutation.scenario}.test.ts -t ${literally(mutation.test)} --reporter=json --outputFile=${output}`;
    const text = await readFile(output, "utf8").catch(() => undefined);
    if (text === undefined) return `Vitest wrote no report:\n${run.all.slice(-2000)}`;
    const left = /scenarios left behind: .*/.exec(run.all)?.[0];
    const fault = verdict(mutation, text) ?? left;
    if (fault === undefined) return undefined;
    const kept = path.join(root, "artifacts", "mutations", mutation.name);
    await cp(folder, kept, { recursive: true });
    return `${fault}\nartifacts: ${kept}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function verdict(mutation: Mutation, reportText: string): string | undefined {
  const [file] = report.parse(JSON.parse(reportText)).testResults;
  const test = file?.assertionResults.find(
    (result) => result.title.startsWith(mutation.test) && result.status !== "skipped",
  );
  if (test === undefined) return `no test "${mutation.test}" ran ${file?.message ?? ""}`;
  if (test.status === "passed") return "the test stayed green";
  const said = stripVTControlCharacters((test.failureMessages ?? []).join("\n"));
  if (mutation.because.test(said)) return undefined;
  return `red for another reason than ${mutation.because}:\n${said.slice(0, 1500)}`;
}

/** As a regular expression that means the text itself. */
function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function chosen(names: readonly string[]): readonly Mutation[] {
  const unknown = names.filter((name) => !mutations.some((each) => each.name === name));
  if (unknown.length === 0) {
    return names.length === 0 ? mutations : mutations.filter((each) => names.includes(each.name));
  }
  throw new LabError("UsageInvalid", `there is no mutation ${unknown.join(", ")}`, {
    where: "npm run mutate",
    remedy: `they are ${mutations.map((each) => each.name).join(", ")}`,
  });
}

async function main(): Promise<number> {
  const queue = [...chosen(process.argv.slice(2))];
  const total = queue.length;
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  let defects = 0;
  const work = async () => {
    for (let mutation = queue.shift(); mutation !== undefined; mutation = queue.shift()) {
      const since = performance.now();
      const fault = await tryMutation(mutation, stop.signal);
      stop.signal.throwIfAborted();
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      const place = `${mutation.scenario}: ${mutation.test}`;
      if (fault === undefined) {
        console.log(`noticed  ${mutation.name} (${place}) ${seconds} s`);
      } else {
        defects += 1;
        console.log(
          `DEFECT   ${mutation.name} (${place}) ${seconds} s\n         ${fault.replaceAll("\n", "\n         ")}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  console.log(`${total - defects} of ${total} mutations were noticed, each for its own reason`);
  return defects === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
