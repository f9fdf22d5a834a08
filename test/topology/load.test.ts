import path from "node:path";
import { describe, expect, test } from "vitest";
import { LabError } from "../../lab/errors.ts";
import { loadTopology } from "../../lab/topology/index.ts";
import { faultLines } from "./declaration.ts";
import { directory, directoryForEachTest, write } from "./directory.ts";

directoryForEachTest();

async function failureOf(file: string): Promise<LabError> {
  const error: unknown = await loadTopology(file).catch((thrown) => thrown);
  if (!(error instanceof LabError)) throw error;
  return error;
}

/** A module whose default export is a lab with a tagged node and this policy. */
const lab = (policy: string) => `export default {
  name: "trial",
  tailnet: { policy: ${policy} },
  nodes: { server: { kind: "tailscale", network: "internet", tags: ["tag:server"] } },
};`;

describe("a topology that is there", () => {
  test("may be a plain object in TypeScript, with its policy in a file beside it", async () => {
    const text = '{ "tagOwners": { "tag:server": [], }, } // all\n';
    const policyFile = await write("p.hujson", text);
    const file = await write("lab.ts", `const port: number = 7;\n${lab('"p.hujson"')}`);
    const loaded = await loadTopology(file);
    expect(loaded).toMatchObject({ file, policyFile, policyText: text });
    expect(loaded.topology.tailnet.dns.magicDns).toBe(true);
  });

  test("may hold its policy inline", async () => {
    const file = await write("lab.mjs", lab('{ tagOwners: { "tag:server": ["alice@"] } }'));
    const loaded = await loadTopology(file);
    expect(loaded).not.toHaveProperty("policyFile");
    expect(JSON.parse(loaded.policyText ?? "")).toEqual({
      tagOwners: { "tag:server": ["alice@"] },
    });
  });

  test("may have no policy", async () => {
    const loaded = await loadTopology(await write("lab.js", lab("undefined")));
    expect(loaded).not.toHaveProperty("policyText");
  });

  test("is found from the current directory, and its path is absolute", async () => {
    const file = await write("lab.mjs", lab("undefined"));
    const loaded = await loadTopology(path.relative(process.cwd(), file));
    expect(loaded.file).toBe(file);
  });
});

describe("a topology that can't be read", () => {
  test.each([
    ["a syntax error", "lab.ts", "export default {", /Error: /],
    ["an error when it runs", "lab.mjs", 'throw new Error("no luck");', /Error: no luck/],
    ["an import that is not there", "lab.mjs", 'import "./none.mjs";', /none\.mjs/],
    ["no default export", "lab.mjs", "export const lab = {};", /it has no default export/],
    ["another kind of file", "lab.toml", "name = 1", /neither a module nor JSON or YAML/],
  ])("%s", async (_, name, content, message) => {
    const file = await write(name, content);
    const error = await failureOf(file);
    expect(error).toMatchObject({ name: "TopologyUnreadable", where: file });
    expect(error.message).toMatch(message);
    expect(error.remedy).toBeTruthy();
  });

  test("no file at all", async () => {
    const error = await failureOf(path.join(directory, "none.ts"));
    expect(error.name).toBe("TopologyUnreadable");
    expect(error.message).toMatch("there is no such file");
  });

  test("a directory", async () => {
    const error = await failureOf(directory);
    expect(error.name).toBe("TopologyUnreadable");
    expect(error.message).toMatch("it is a directory");
  });
});

describe("a topology with issues", () => {
  test("tells those of the declaration", async () => {
    const file = await write("lab.mjs", 'export default { name: "trial", nodes: [] };');
    expect(faultLines(await failureOf(file), "TopologyInvalid")).toEqual([
      "nodes: [] is not accepted; write an object",
    ]);
  });

  test("whose policy is missing", async () => {
    const file = await write("lab.mjs", lab('"p.hujson"'));
    expect(faultLines(await failureOf(file), "TopologyInvalid")).toEqual([
      `tailnet.policy: there is no file ${directory}/p.hujson; write the policy's path, relative to the topology's file`,
    ]);
  });

  test("whose policy has a syntax error, by line and column", async () => {
    const policyFile = await write("p.hujson", '{\n  "acls" []\n}');
    const file = await write("lab.mjs", lab('"p.hujson"'));
    expect(faultLines(await failureOf(file), "TopologyInvalid")).toEqual([
      `${policyFile}:2:10: a colon is expected here; write a colon between the key and its value`,
    ]);
  });

  test("whose policy owns no such tag", async () => {
    const policyFile = await write("p.hujson", "{}");
    const file = await write("lab.mjs", lab('"p.hujson"'));
    expect(faultLines(await failureOf(file), "TopologyInvalid")).toEqual([
      `nodes.server.tags[0]: tag:server has no owner in ${policyFile}; add "tag:server": ["group:…"] to tagOwners, with those who may give it`,
    ]);
  });
});
