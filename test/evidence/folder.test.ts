import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { diagnose } from "../../lab/doctor/diagnose.ts";
import { type EvidenceKey, evidenceCommands } from "../../lab/evidence/commands.ts";
import type { Evidence, Missing } from "../../lab/evidence/evidence.ts";
import { folderSource } from "../../lab/evidence/folder.ts";
import { howToCapture } from "../../lab/evidence/how-to-capture.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import { folderWith } from "./folder-with.ts";

const status = JSON.stringify({
  BackendState: "Running",
  Self: {
    HostName: "laptop",
    DNSName: "laptop.tailnet.lab.",
    TailscaleIPs: ["100.64.0.1"],
    Online: true,
    Relay: "fra",
    CurAddr: "",
    ExitNode: false,
    ExitNodeOption: false,
    Active: false,
    RxBytes: 0,
    TxBytes: 0,
  },
  MagicDNSSuffix: "tailnet.lab",
});
const sockets = "tcp   LISTEN 0      128          0.0.0.0:80         0.0.0.0:*\n";

async function read(
  folder: string,
  machine: string,
  key: EvidenceKey,
): Promise<Evidence | Missing> {
  return (await folderSource(folder)).run(machine, evidenceCommands[key].argv);
}

test("folders are machines, their files say of which kind", async () => {
  const folder = folderWith({
    "laptop/status.json": status,
    "printer/sockets.txt": sockets,
    "head/nodes.json": "[]",
    "notes/remarks.md": "nothing of it",
    "README.md": "nor this",
  });
  const source = await folderSource(folder);
  expect(source.machines).toEqual([
    { name: "head", role: "control" },
    { name: "laptop", role: "tailscale" },
    { name: "printer", role: "host" },
  ]);
  expect(source.isLive).toBe(false);
  expect(await read(folder, "laptop", "status")).toMatchObject({
    node: "laptop",
    exitCode: 0,
    stdout: status,
  });
});

test("a folder without folders is one machine", async () => {
  const folder = folderWith({ "Status.txt": status });
  const name = path.basename(folder);
  expect((await folderSource(folder)).machines).toEqual([{ name, role: "tailscale" }]);
  expect(await read(folder, name, "status")).toMatchObject({ stdout: status });
});

test("Headscale on a machine of the tailnet is a machine of its own", async () => {
  const folder = folderWith({
    "box/status.json": status,
    "box/nodes.json": "[]",
    "box/sockets.txt": sockets,
  });
  expect((await folderSource(folder)).machines).toEqual([
    { name: "box", role: "tailscale" },
    { name: "box-headscale", role: "control" },
  ]);
  expect(await read(folder, "box-headscale", "nodes")).toMatchObject({ stdout: "[]" });
});

test("what other systems' shells write can be read", async () => {
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("{\r\n}\r\n", "utf16le")]);
  expect(await read(folderWith({ "pc/status.json": utf16 }), "pc", "status")).toMatchObject({
    stdout: "{\n}\n",
  });
  expect(await read(folderWith({ "pc/status.json": "\uFEFF{}" }), "pc", "status")).toMatchObject({
    stdout: "{}",
  });
});

test.each<[what: string, key: EvidenceKey, content: string | Buffer, why: RegExp]>([
  ["empty", "status", "", /status.json: it is empty/],
  ["blank", "sockets", "\n\n", /sockets.txt: it is empty/],
  ["a shell's word", "sockets", "sh: 1: ss: command not found\n", /ss: command not found/],
  ["refused", "firewall", "", /nftables.json: it is empty/],
  ["another program's", "sockets", "<html><body>404</body></html>\n", /another program's output/],
  ["another program's sysctls", "sysctls", "total 0\n", /another program's output/],
  [
    "another program's metrics",
    "metrics",
    "go_gc_duration_seconds 0\n",
    /another program's output/,
  ],
  ["another file's", "resolvConf", "127.0.0.1 localhost\n", /another program's output/],
  [
    "plain text",
    "status",
    "100.64.0.1  laptop  alice@  linux  -\n",
    /^status.json: it is no JSON$/,
  ],
  ["JSON that is cut off", "status", status.slice(0, 60), /status.json: it is cut off/],
  ["a list that is cut off", "nodes", '[\n {\n  "id": 1\n },\n', /nodes.json: it is cut off/],
  [
    "PowerShell's word",
    "addresses",
    "ip : The term 'ip' is not recognized as a name\n+ ip -j addr\n",
    /addresses.json: ip : The term 'ip' is not recognized/,
  ],
  [
    "an older version's",
    "dns",
    "flag provided but not defined: -json\nUSAGE\n",
    /not defined: -json/,
  ],
  ["no text", "metrics", Buffer.from([0, 1, 2, 3]), /it is no text/],
])("a file that is %s is missing, and why is told", async (_what, key, content, why) => {
  const { file } = evidenceCommands[key];
  const folder = folderWith({ [`laptop/${file}`]: content, "laptop/prefs.json": "{}" });
  const missing = await read(folder, "laptop", key);
  expect(missing).toHaveProperty("why");
  expect((missing as Missing).why).toMatch(why);
});

const warning = 'Warning: client version "1.98.1-t1" != tailscaled server version "1.102.5-t2"';

test.each([
  ["a warning before it", `${warning}\n${status}\n`],
  ["the prompts of a shell", `$ tailscale status --json\n${status}\n$ \n`],
  ["lines after it", `${JSON.stringify(JSON.parse(status), null, 2)}\n${warning}\n`],
  ["lines in brackets", `[1] 4711\n[WARN] old\n${status}\n${warning}`],
])("JSON with %s is read", async (_what, content) => {
  const folder = folderWith({ "laptop/status.json": content });
  const { tailscale } = await lookAtTailnet(await folderSource(folder));
  expect(tailscale.get("laptop")?.status).toMatchObject({
    kind: "seen",
    value: { self: { name: "laptop" } },
  });
});

test.each([
  "failed to connect to local tailscaled; it doesn't appear to be running",
  "failed to connect to local Tailscale service; is Tailscale running?",
])("the word of a program that failed is evidence: %s", async (words) => {
  const folder = folderWith({ "pc/status.json": `${words}\n`, "pc/netcheck.json": "" });
  expect(await read(folder, "pc", "status")).toMatchObject({ exitCode: 1, stderr: words });
  const { findings } = diagnose(await lookAtTailnet(await folderSource(folder)));
  expect(findings.map(({ code, node }) => `${code} ${node}`)).toEqual(["TL119 pc"]);
});

test("when a file was copied says nothing of a key that was good when it was written", async () => {
  const value = JSON.parse(status);
  const text = JSON.stringify({
    ...value,
    Self: { ...value.Self, KeyExpiry: "2024-01-01T00:00:00Z" },
  });
  const folder = folderWith({ "laptop/status.json": text });
  expect(diagnose(await lookAtTailnet(await folderSource(folder))).findings).toEqual([]);
});

test("a host whose addresses were not seen is no node that is missing", async () => {
  const folder = folderWith({ "laptop/status.json": status, "printer/sockets.txt": sockets });
  const question = { from: "laptop", to: "printer", port: 80, protocol: "tcp" } as const;
  const seen = await lookAtTailnet(await folderSource(folder), { question });
  const { findings, notLooked } = diagnose(seen, question);
  expect(findings).toEqual([]);
  expect(notLooked).toContainEqual(
    expect.objectContaining({ node: "printer", command: "ip -j addr" }),
  );
});

test("what is there and can't be read is told before what is not there", async () => {
  const folder = folderWith({
    "pc/prefs.json": "{}",
    "pc/rules.txt": "0: from all lookup local\n",
  });
  const { notLooked } = diagnose(await lookAtTailnet(await folderSource(folder)));
  expect(notLooked.slice(0, 2).map(({ why }) => why)).toEqual(
    expect.arrayContaining(["rules.txt: it is no JSON"]),
  );
});

test("what is not there, or was never captured, is missing", async () => {
  const folder = folderWith({ "laptop/status.json": status });
  expect(await read(folder, "laptop", "prefs")).toMatchObject({
    why: "prefs.json is not in the folder",
  });
  expect(await read(folder, "phone", "status")).toMatchObject({
    why: "the folder has no such machine",
  });
  const source = await folderSource(folder);
  const active = await source.run("laptop", ["ping", "-c", "1", "server"]);
  expect(active).toMatchObject({ why: "a folder has nothing but what was captured" });
});

test("links out of the folder and pipes are not followed", async () => {
  const folder = folderWith({ "laptop/prefs.json": "{}", secret: "of another" });
  symlinkSync(path.join(folder, "secret"), path.join(folder, "laptop", "metrics.txt"));
  execFileSync("mkfifo", [path.join(folder, "laptop", "status.json")]);
  expect(await read(folder, "laptop", "metrics")).toHaveProperty("why");
  expect(await read(folder, "laptop", "status")).toHaveProperty("why");
});

const manifest = (machine: object) => ({
  schema: 1,
  program: "tailnet-lab",
  version: "0.1.0",
  at: "2026-11-24T14:38:46Z",
  anonymised: false,
  machines: [
    { name: "laptop", role: "tailscale", folder: "laptop", outputs: {}, missing: {}, ...machine },
  ],
});

test("a manifest says how each command ended, and why one is missing", async () => {
  const at = "2026-11-24T14:38:46.000Z";
  const folder = folderWith({
    "manifest.json": JSON.stringify(
      manifest({
        outputs: {
          "status.json": { exitCode: 1, at, bytes: 0, stderr: "failed to connect" },
          "sockets.txt": { exitCode: 0, at, bytes: 0 },
        },
        missing: { "prefs.json": { why: "its container has exited", isDown: true } },
      }),
    ),
    "laptop/status.json": "",
    "laptop/sockets.txt": "",
  });
  expect(await read(folder, "laptop", "status")).toMatchObject({
    exitCode: 1,
    stderr: "failed to connect",
    at,
  });
  expect(await read(folder, "laptop", "sockets")).toMatchObject({ exitCode: 0, stdout: "", at });
  expect(await read(folder, "laptop", "prefs")).toMatchObject({
    why: "its container has exited",
    isDown: true,
  });
});

test("a file that was cut off after the capture is missing, JSON or not", async () => {
  const outputs = { "sockets.txt": { exitCode: 0, at: "2026-11-24T14:38:46Z", bytes: 500 } };
  const folder = folderWith({
    "manifest.json": JSON.stringify(manifest({ outputs })),
    "laptop/sockets.txt": `${sockets}tcp   LISTEN 0`,
  });
  expect(await read(folder, "laptop", "sockets")).toMatchObject({
    why: expect.stringMatching(/is cut off: /),
  });
});

test("a file that was cut off at a line's end is missing; one in which a word was replaced is not", async () => {
  const whole = `${sockets}${sockets.replace(":80", ":443")}`;
  const at = "2026-11-24T14:38:46Z";
  const outputs = { "sockets.txt": { exitCode: 0, at, bytes: whole.length, lines: 2 } };
  const left = async (text: string) =>
    read(
      folderWith({
        "manifest.json": JSON.stringify(manifest({ outputs })),
        "laptop/sockets.txt": text,
      }),
      "laptop",
      "sockets",
    );
  expect(await left(sockets)).toMatchObject({
    why: "sockets.txt: it is cut off: 1 of 2 lines are left",
  });
  const shorter = whole.replace("LISTEN 0      ", "LISTEN 0 ");
  expect(await left(shorter)).toMatchObject({ stdout: shorter });
});

test.each([
  ["is no JSON", "{"],
  ["is of a later version", JSON.stringify({ ...manifest({}), schema: 2 })],
  ["names a folder elsewhere", JSON.stringify(manifest({ folder: "../../etc" }))],
])("a manifest that %s is left aside, and told of", async (_what, text) => {
  const folder = folderWith({ "manifest.json": text, "laptop/status.json": status });
  const source = await folderSource(folder);
  expect(source.machines).toEqual([{ name: "laptop", role: "tailscale" }]);
  expect(source.problems).toEqual([expect.stringMatching(/^manifest.json is left aside: /)]);
});

test("a folder without evidence, or none at all, is an error with a remedy", async () => {
  const empty = folderWith({ "README.md": "" });
  for (const folder of [empty, path.join(empty, "none"), path.join(empty, "README.md")]) {
    await expect(folderSource(folder)).rejects.toMatchObject({
      name: "EvidenceUnreadable",
      where: folder,
      remedy: expect.stringMatching(/./),
    });
  }
});

test("whatever is in the files, a look at them ends, and what can't be read is unseen", async () => {
  const rubbish = ["", "{", "[]", "null", '{"Self": 1}', "\u0000", "[1,2", "x".repeat(10_000)];
  for (const content of rubbish) {
    const files = Object.values(evidenceCommands).map(
      ({ file }) => [`box/${file}`, content] as const,
    );
    const source = await folderSource(folderWith(Object.fromEntries(files)));
    const seen = await lookAtTailnet(source);
    const box = seen.tailscale.get("box");
    expect(box?.status.kind).toBe("unseen");
    expect(box?.sockets.kind).toBe("unseen");
  }
});

test("how to capture by hand names each command and its file", () => {
  const text = howToCapture();
  for (const { file } of Object.values(evidenceCommands)) expect(text).toContain(` > ${file}`);
  expect(text).toContain("tailscale status --json > status.json");
  // It is for a shell to run.
  const commands = text
    .split("\n\n")
    .slice(2, 5)
    .map((part) => part.split("\n").slice(1).join("\n"));
  for (const script of commands)
    expect(() => execFileSync("sh", ["-n"], { input: script })).not.toThrow();
});
