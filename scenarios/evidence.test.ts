import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { test as base, expect, vi } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const claimed = "a claim, until whose fault is cleared";
const soft = "soft claims";
const thrown = "another error, before its fault is cleared";
const healthy = "nothing is wrong with the lab";
const passed = "a claim that holds";

const unapproved =
  /\nevidence: \/.*\ndoctor: TL103 route-not-approved on router: control has not approved 10\.20\.0\.0\/24 of router \(seen on control: `headscale nodes list -o json`: router advertises 10\.20\.0\.0\/24; approved: none\)$/;
const notForwarding =
  /^an error of its own\nevidence: \/.*\ndoctor: TL106 ip-forwarding-off on router: .* \(seen on router: `sysctl .*`: net\.ipv4\.ip_forward = 0\)$/;

/** Of one test, as a report has it. */
interface Reported {
  /** Of its failure. */
  message: string;
  /** By name. */
  properties: Record<string, string>;
}

/** What the tests in `failing/` leave: they are run once, by a Vitest of their own. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's dependencies off its first parameter
  .extend("reports", { scope: "file" }, async ({}, { onCleanup }) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "tailnet-lab-evidence-"));
    onCleanup(() => rm(folder, { recursive: true, force: true }));
    const [junit, json] = [path.join(folder, "junit.xml"), path.join(folder, "report.json")];
    const { VITEST: _vitest, NODE_OPTIONS: _options, ...own } = process.env;
    const artifacts = path.join(folder, "artifacts");
    // A mutation run is without evidence; here it is what is tested.
    const env = { ...own, TAILNET_LAB_EVIDENCE: "1", TAILNET_LAB_ARTIFACTS: artifacts };
    const run = execa({ cwd: root, env, extendEnv: false, all: true, reject: false });
    const { all } =
      await run`${process.execPath} node_modules/vitest/vitest.mjs run --config scenarios/failing/vitest.config.ts --reporter default --reporter junit --reporter json --outputFile.junit ${junit} --outputFile.json ${json}`;
    const output = stripVTControlCharacters(all);
    const read = (file: string) =>
      readFile(file, "utf8").catch((cause: unknown) => {
        throw new Error(`the tests that fail left no report:\n${output}`, { cause });
      });
    return {
      output,
      junit: parseJunit(await read(junit)),
      json: parseJson(await read(json)),
      artifacts: path.join(artifacts, "scenarios", "failing", "office.failing.ts"),
    };
  });

// A lab is started, and looked at four times, while others are.
vi.setConfig({ testTimeout: 480_000 });

test("a claim's message ends with the first cause, as it was before the fault was cleared", ({
  reports: { junit, json, output },
}) => {
  expect(junit[claimed]?.message).toMatch(/^laptop to printer:80 over tcp\nexpected: reached\n/);
  expect(junit[claimed]?.message).toMatch(unapproved);
  expect(json[claimed]).toMatch(unapproved);
  expect(output).toMatch(new RegExp(unapproved.source, "m"));
});

test("of soft claims each message ends with its own cause", ({ reports: { output } }) => {
  const messages = output.split("FAIL ").filter((part) => part.includes(`> ${soft}\n`));
  expect(messages).toHaveLength(2);
  expect(messages[0]).toMatch(/^doctor: TL103 route-not-approved on router: /m);
  expect(messages[1]).toMatch(/^doctor: TL504 /m);
});

test("any other error's message ends with it too, before the test repairs the lab", ({
  reports: { junit, json },
}) => {
  expect(junit[thrown]?.message).toMatch(notForwarding);
  expect(json[thrown]).toMatch(/\ndoctor: TL106 ip-forwarding-off on router: /);
});

test("where the lab is well, the annotation says so, and the message has the folder alone", ({
  reports: { junit },
}) => {
  // On a busy machine with what did not answer in time.
  expect(junit[healthy]?.properties.doctor).toMatch(/^nothing found(; not looked at: .*)?$/);
  expect(junit[healthy]?.message).toMatch(
    / to be 'desktop.*\nevidence: \/.*(\ndoctor: nothing found; not looked at: .*)?$/,
  );
});

test("annotations have the first cause, and the folder in which the doctor finds it again", async ({
  reports: { junit, output, artifacts },
}) => {
  expect(junit[passed]).toEqual({ message: "", properties: {} });
  const folders = await readdir(artifacts);
  expect(folders).toHaveLength(4);
  const { evidence = "", doctor } = junit[claimed]?.properties ?? {};
  expect(folders.map((name) => path.join(artifacts, name))).toContain(evidence);
  expect(doctor).toMatch(/^TL103 route-not-approved on router: /);
  expect(output).toContain(`evidence\n   ↳ ${evidence}`);

  const files = await readdir(evidence);
  expect(files).toEqual(
    expect.arrayContaining(["doctor.txt", "plan.json", "laptop.log", "router-office.nft.txt"]),
  );
  const { stdout } = await execa({
    reject: false,
  })`${process.execPath} ${root}cli/main.ts doctor --from ${evidence} --json`;
  const { findings } = JSON.parse(stdout) as { findings: { code: string; node: string }[] };
  expect(findings.map(({ code, node }) => `${code} ${node}`)).toContain("TL103 router");
});

/** By the test's name; a test that passed has no message. */
function parseJunit(xml: string): Record<string, Reported> {
  const cases = [...xml.matchAll(/<testcase [^>]*name="([^"]*)"[^>]*>([\s\S]*?)<\/testcase>/g)];
  return Object.fromEntries(
    cases.map(([, name = "", inner = ""]) => {
      const properties = inner.matchAll(/<property name="([^"]*)" value="([^"]*)">/g);
      const message = /<failure message="([^"]*)"/.exec(inner)?.[1] ?? "";
      return [
        unescapeXml(name),
        {
          message: unescapeXml(message),
          properties: Object.fromEntries(
            [...properties].map(([, key = "", value = ""]) => [key, unescapeXml(value)]),
          ),
        },
      ];
    }),
  );
}

/** The message of a failure, by the test's name: without what it took from the stack. */
function parseJson(text: string): Record<string, string> {
  const { testResults } = JSON.parse(text) as {
    testResults: { assertionResults: { title: string; failureMessages: string[] }[] }[];
  };
  return Object.fromEntries(
    testResults.flatMap(({ assertionResults }) =>
      assertionResults.map(({ title, failureMessages: [message = ""] }) => [
        title,
        message.replace(/\n {4}at [\s\S]*/, ""),
      ]),
    ),
  );
}

function unescapeXml(text: string): string {
  const characters: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replaceAll(/&(\w+);/g, (whole, name: string) => characters[name] ?? whole);
}
