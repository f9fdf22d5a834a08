import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { LabError } from "../../lab/errors.ts";
import { defineLab, loadTopology } from "../../lab/topology/index.ts";
import { pathOf, pathText } from "../../lab/topology/schema-issues.ts";
import { isTopologyFile } from "../../lab/topology/topology-file.ts";
import { declaration, faultLines } from "./declaration.ts";
import { directory, directoryForEachTest, write } from "./directory.ts";

directoryForEachTest();

/** Without the directory, which differs from run to run. */
async function issuesOf(file: string, name: string): Promise<string[]> {
  const error: unknown = await loadTopology(file).catch((thrown) => thrown);
  return faultLines(error, name).map((line) => line.replaceAll(`${directory}/`, ""));
}

const whole = declaration({
  tailnet: { dns: { splitDns: { "corp.internal": ["nas"] } } },
  nodes: {
    nas: {
      kind: "host",
      network: "home",
      services: [
        { kind: "dns", domain: "corp.internal", records: { "a.corp.internal": "10.0.0.1" } },
      ],
    },
  },
});

describe("a topology in JSON or YAML", () => {
  test.each([
    ["lab.json", JSON.stringify(whole)],
    ["lab.yaml", stringify(whole)],
    ["lab.yml", `# a comment\n${stringify(whole)}`],
    ["bom.json", `\uFEFF${JSON.stringify(whole, null, "\t")}`],
    ["bom.yaml", `\uFEFF${stringify(whole)}`],
    ["crlf.yaml", stringify(whole).replaceAll("\n", "\r\n")],
    ["commented.json", `// a lab\n${JSON.stringify(whole).slice(0, -1)}, /* end */ }`],
    ["schema.json", JSON.stringify({ $schema: "./topology.schema.json", ...whole })],
  ])("%s is the same as the declaration in TypeScript", async (name, content) => {
    const { topology } = await loadTopology(await write(name, content));
    expect(topology).toEqual(defineLab(whole));
  });

  test("has its policy beside it, or in it", async () => {
    const policyFile = await write("p.hujson", '{ "grants": [], } // nobody\n');
    const lab = { ...declaration(), tailnet: { policy: "p.hujson" } };
    const beside = await loadTopology(await write("lab.yaml", stringify(lab)));
    expect(beside).toMatchObject({ policyFile, policyText: '{ "grants": [], } // nobody\n' });
    const inline = { ...declaration(), tailnet: { policy: { grants: [] } } };
    const inside = await loadTopology(await write("lab.json", JSON.stringify(inline)));
    expect(JSON.parse(inside.policyText ?? "")).toEqual({ grants: [] });
  });

  test("may use anchors and merge keys in YAML", async () => {
    const file = await write(
      "lab.yaml",
      `name: trial
nodes:
  one: &node { kind: host, network: internet, services: &web [{ kind: http, port: 80 }] }
  two: { <<: *node, publicNames: [two.example.com] }
  three: { kind: host, network: internet, services: *web }
`,
    );
    const { topology } = await loadTopology(file);
    const services = [{ kind: "http", port: 80 }];
    expect(topology.nodes).toMatchObject({
      one: { services },
      two: { services, publicNames: ["two.example.com"] },
      three: { services },
    });
  });
});

describe("issues have their line and column", () => {
  test("in YAML", async () => {
    const file = await write(
      "lab.yaml",
      `name: trial
networks:
  home: { nat: easy, lan: 192.168.1.0/24 }
nodes:
  laptop:
    kind: tailscale
    network: hom
    user: alice
    acceptRoute: true
  gate:
    kind: tailscale
    network: home
    user: alice
    tags: ["tag:router"]
    advertiseRoutes:
      - 10.20.0.0/24
      - 10.20.0.1/24
  printer:
    kind: host
`,
    );
    expect(await issuesOf(file, "TopologyInvalid")).toEqual([
      "lab.yaml:9:18: nodes.laptop.acceptRoute: unknown key acceptRoute; did you mean acceptRoutes?",
      "lab.yaml:18:3: nodes.printer.network: is missing; write a string",
      "lab.yaml:7:14: nodes.laptop.network: there is no network hom; did you mean home?",
      "lab.yaml:10:3: nodes.gate: a node is its user's or has tags, never both; leave out user or tags",
      "lab.yaml:17:9: nodes.gate.advertiseRoutes[1]: 10.20.0.1/24 has host bits set; did you mean 10.20.0.0/24?",
    ]);
  });

  test("in JSON", async () => {
    const file = await write(
      "lab.json",
      `{
  "name": "trial",
  "tailnet": { "dns": { "splitDns": { "corp.internal": ["nobody"] } } },
  "nodes": {
    "laptop": { "kind": "tailscale", "network": "internet", "user": "alice", "exit": true },
    "nas": { "kind": "host",
      "network": "hom" }
  }
}
`,
    );
    expect(await issuesOf(file, "TopologyInvalid")).toEqual([
      "lab.json:5:86: nodes.laptop.exit: unknown key exit; write one of kind, network, address, services, user, tags, advertiseRoutes, exitNode, acceptRoutes, acceptDns, useExitNode, allowLanAccess, snatSubnetRoutes, environment",
      "lab.json:7:18: nodes.nas.network: there is no network hom; write one of internet",
      expect.stringMatching(/^lab\.json:3:57: tailnet\.dns\.splitDns\["corp\.internal"\]\[0\]: /),
    ]);
  });

  test.each([
    ["lab.yaml", "", "lab.yaml:1:1: the declaration: null is not accepted; write an object"],
    ["lab.json", "[]", "lab.json:1:1: the declaration: [] is not accepted; write an object"],
  ])("%s with %j", async (name, content, expected) => {
    expect(await issuesOf(await write(name, content), "TopologyInvalid")).toEqual([expected]);
  });

  test("of a policy that is not there, and of a tag that it gives no owner", async () => {
    const lab =
      'name: trial\ntailnet: { policy: p.hujson }\nnodes:\n  a: { kind: tailscale, network: internet, tags: ["tag:a"] }\n';
    const file = await write("lab.yaml", lab);
    expect(await issuesOf(file, "TopologyInvalid")).toEqual([
      expect.stringMatching(/^lab\.yaml:2:20: tailnet\.policy: there is no file p\.hujson; /),
    ]);
    const other = await write("other.yaml", lab.replace("internet", "home"));
    expect(await issuesOf(other, "TopologyInvalid")).toEqual([
      expect.stringMatching(/^other\.yaml:4:34: nodes\.a\.network: there is no network home; /),
      expect.stringMatching(/^other\.yaml:2:20: tailnet\.policy: there is no file p\.hujson; /),
    ]);
    await write("p.hujson", "{}");
    expect(await issuesOf(file, "TopologyInvalid")).toEqual([
      expect.stringMatching(
        /^lab\.yaml:4:51: nodes\.a\.tags\[0\]: tag:a has no owner in p\.hujson; /,
      ),
    ]);
  });
});

describe("a file that can't be read as data", () => {
  test.each([
    ["lab.json", '{\n  "name" "trial" }', "lab.json:2:10: a colon is expected here"],
    ["lab.json", "", "lab.json:1:1: a value is expected here"],
    [
      "lab.json",
      '{ "nodes": { "a": 1,\n  "a": 2 } }',
      "lab.json:2:3: the key a is here a second time",
    ],
    ["lab.yaml", "nodes:\n  a: 1\n  a: 2\n", "lab.yaml:3:3: map keys must be unique"],
    ["lab.yaml", "nodes:\n  __proto__: {}\n", "lab.yaml:2:3: __proto__ can't be a key"],
    ["lab.json", '{ "nodes": { "__proto__": 1 } }', "lab.json:1:14: __proto__ can't be a key"],
    ["lab.yaml", "a: *none\n", "lab.yaml:1:4: there is no anchor none before this"],
    ["lab.yaml", "name: [trial\n", "lab.yaml:2:1: "],
    ["lab.yaml", "name: trial\n\tnodes: {}\n", "lab.yaml:2:1: "],
    ["lab.yaml", "name: trial\n---\nname: other\n", "lab.yaml:2:1: a second document begins here"],
    ["lab.yaml", "name: !!js/function 'function () {}'\n", "lab.yaml:1:7: unresolved tag"],
  ])("%s with %j", async (name, content, expected) => {
    const lines = await issuesOf(await write(name, content), "TopologyUnreadable");
    expect(lines[0]?.startsWith(expected), lines[0]).toBe(true);
  });

  const levels = 12;
  const laughs = Array.from({ length: levels }, (_, i) =>
    i === 0
      ? "a0: &a0 [x]"
      : `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
  ).join("\n");

  test.each([
    ["aliases that grow without end", "lab.yaml", `${laughs}\n`],
    ["JSON nested too deeply", "lab.json", "[".repeat(200_000)],
    ["YAML nested too deeply", "lab.yaml", "[".repeat(50_000)],
  ])("%s", async (_, name, content) => {
    const error: unknown = await loadTopology(await write(name, content)).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LabError);
    expect(error).toMatchObject({ name: "TopologyUnreadable" });
  });

  test("a policy that is no regular file", async () => {
    const lab = { ...declaration(), tailnet: { policy: "." } };
    const file = await write("lab.json", JSON.stringify(lab));
    expect(await issuesOf(file, "TopologyInvalid")).toEqual([
      expect.stringContaining("it is no regular file"),
    ]);
  });
});

test("what is written for a path is read back as that path", () => {
  const word = fc.stringMatching(/^[\w-]+$/).filter((text) => !/^\d+$/.test(text));
  const step = fc.oneof(fc.nat(99), word, fc.constantFrom("corp.internal", "tag:a", "a b", "ü"));
  fc.assert(
    fc.property(fc.tuple(word, fc.array(step)), ([first, rest]) => {
      expect(pathOf(pathText([first, ...rest]))).toEqual([first, ...rest]);
    }),
  );
});

test.each([
  ["lab.ts", true],
  ["./labs/lab.mjs", true],
  ["/labs/lab.yaml", true],
  ["lab.yml", true],
  ["lab.json", true],
  ["homelab", false],
  ["ts", false],
  [".ts", false],
  ["..", false],
  ["", false],
])("%j is a topology's file: %j", (text, expected) => {
  expect(isTopologyFile(text)).toBe(expected);
});
