import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { commandsFor } from "../cli/commands.ts";
import { silent } from "../lab/progress.ts";
import { loadTopology } from "../lab/topology/index.ts";
import { topologyJsonSchema } from "../lab/topology/json-schema.ts";
import manifest from "../package.json" with { type: "json" };

const root = path.join(import.meta.dirname, "..");
const read = (file: string) => readFile(path.join(root, file), "utf8");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...(await readdir(path.join(root, "docs")))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

/** Every key under `properties`, at any depth. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(key === "properties" ? Object.keys(value) : []),
    ...fieldsOf(value),
  ]);
}

test.each(pages)("%s links to files that are there", async (page) => {
  const links = [...(await read(page)).matchAll(/\]\(([^):#]+)(?:#[^)]*)?\)/g)];
  const missing = links
    .map(([, target = ""]) => path.join(root, path.dirname(page), target))
    .filter((target) => !existsSync(target));
  expect(missing).toEqual([]);
});

test("README links to every page of docs/", async () => {
  const readme = await read("README.md");
  for (const page of pages.filter((file) => file.startsWith("docs/"))) {
    expect(readme).toContain(`](${page})`);
  }
});

test("README's topology is valid", async () => {
  const yaml = /```yaml\n(.*?)```/s.exec(await read("README.md"))?.[1] ?? "";
  const folder = await mkdtemp(path.join(tmpdir(), "tailnet-lab-test-"));
  try {
    await writeFile(path.join(folder, "lab.yaml"), yaml);
    await writeFile(path.join(folder, "policy.hujson"), '{ "tagOwners": { "tag:router": [] } }');
    const { topology } = await loadTopology(path.join(folder, "lab.yaml"));
    expect(Object.keys(topology.nodes)).toContain("laptop");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("docs/topology.md has every field of a topology", async () => {
  const page = await read("docs/topology.md");
  const { faults, ...properties } = topologyJsonSchema().properties as Record<string, unknown>;
  // Their own fields are in docs/faults.md (test/faults/docs.test.ts).
  expect(page).toContain("`faults`");
  expect(faults).toBeDefined();
  const missing = fieldsOf({ properties }).filter(
    (field) => !new RegExp(`[\`.]${field.replace("$", "\\$")}[\`"]|"\\${field}"`).test(page),
  );
  expect(missing).toEqual([]);
});

test("docs/command-line.md has every command", async () => {
  const page = await read("docs/command-line.md");
  const shared = { signal: new AbortController().signal, progress: silent };
  const names = (await commandsFor([])).map((make) => make(shared).name());
  expect(names.length).toBeGreaterThan(0);
  expect(
    names.filter((name) => !page.includes(`\`${name} `) && !page.includes(`\`${name}\``)),
  ).toEqual([]);
});

test.each(pages)("%s names scripts that are there", async (page) => {
  const named = [...(await read(page)).matchAll(/(?:^|`|\$ )npm (?:run (?:-s )?)?([a-z:]+)/gm)];
  const own = new Set(["ci", "install", "version", "publish", ...Object.keys(manifest.scripts)]);
  expect(named.map(([, script = ""]) => script).filter((script) => !own.has(script))).toEqual([]);
});
