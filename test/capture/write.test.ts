import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { anonymised, withoutSecrets } from "../../lab/capture/clean.ts";
import type { Collected } from "../../lab/capture/collect.ts";
import { writeCapture } from "../../lab/capture/write.ts";
import { evidenceCommands } from "../../lab/evidence/commands.ts";
import { folderSource } from "../../lab/evidence/folder.ts";
import { folderWith } from "../evidence/folder-with.ts";

const info = { version: "0.1.0", at: "2026-11-24T14:38:46Z", anonymised: false };
const at = "2026-11-24T14:38:46.000Z";

function collected(name: string, stdout = '{"HostName": "annes-laptop"}\n'): Collected[] {
  const machine = { name, role: "tailscale" } as const;
  const { status, prefs } = evidenceCommands;
  return [
    {
      machine,
      file: status.file,
      evidence: { node: name, argv: status.argv, exitCode: 0, stdout, stderr: "token=abcdef", at },
    },
    {
      machine,
      file: prefs.file,
      evidence: { node: name, argv: prefs.argv, why: "tskey-auth-x-y: no answer", isDown: true },
    },
  ];
}

test("what is written is what the folder's source reads", async () => {
  const folder = path.join(folderWith(), "new", "capture");
  const all = withoutSecrets(collected("annes-laptop"));
  await writeCapture(folder, all, info);
  const source = await folderSource(folder);
  expect(source.problems).toEqual([]);
  expect(source.machines).toEqual([{ name: "annes-laptop", role: "tailscale" }]);
  for (const { evidence } of all) {
    expect(await source.run("annes-laptop", evidence.argv)).toEqual(evidence);
  }
  expect(readFileSync(path.join(folder, "manifest.json"), "utf8")).not.toMatch(/abcdef|tskey/);
});

test("names of machines are no paths, and anonymised they are placeholders", async () => {
  const folder = path.join(folderWith(), "capture");
  await writeCapture(
    folder,
    [...collected("../../etc"), ...collected("tskey-auth-a-b")].flatMap((each) =>
      withoutSecrets([each]),
    ),
    info,
  );
  expect(readdirSync(folder).sort()).toEqual(["manifest.json", "removed-secret-1", "unnamed-1"]);
  await writeCapture(folder, anonymised(collected("annes-laptop")), { ...info, anonymised: true });
  expect(readdirSync(folder)).toEqual(["machine-1", "manifest.json"]);
});

test("an earlier capture is replaced, whole; anything else is refused and stays", async () => {
  const folder = path.join(folderWith(), "capture");
  await writeCapture(folder, collected("one"), info);
  await writeCapture(folder, collected("other"), info);
  expect(readdirSync(folder)).toEqual(["manifest.json", "other"]);
  expect(readdirSync(path.dirname(folder))).toEqual(["capture"]);

  const refused = async (where: string, what: RegExp) => {
    const before = readdirSync(where, { recursive: true });
    await expect(writeCapture(where, collected("one"), info)).rejects.toMatchObject({
      name: "OutputTaken",
      what: expect.stringMatching(what),
    });
    expect(readdirSync(where, { recursive: true })).toEqual(before);
  };
  writeFileSync(path.join(folder, "other", "notes.txt"), "mine");
  await refused(folder, /other\/notes.txt is in the folder beside an earlier capture/);
  await refused(folderWith({ "letter.txt": "mine" }), /it is no capture/);
  await refused(folderWith({ "manifest.json": "{}" }), /it is no capture/);
  const file = path.join(folderWith({ file: "mine" }), "file");
  await expect(writeCapture(file, collected("one"), info)).rejects.toMatchObject({
    name: "OutputTaken",
  });
  expect(readFileSync(file, "utf8")).toBe("mine");
});

test("a place where nothing can be written is named", async () => {
  await expect(writeCapture("/proc/capture", collected("laptop"), info)).rejects.toMatchObject({
    name: "OutputTaken",
    message: expect.stringContaining("nothing can be written there"),
  });
});
