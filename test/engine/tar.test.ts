import { buffer } from "node:stream/consumers";
import { execaSync } from "execa";
import { expect, test } from "vitest";
import { packFiles } from "../../lab/engine/tar.ts";

const files = [
  { path: "/lab/script", content: "#!/bin/sh\necho grüß\n" },
  { path: "/lab/exact", content: "x".repeat(512) },
  { path: "/lab/empty", content: "" },
];

test("tar reads the archive: names, modes, sizes and content", async () => {
  const input = await buffer(packFiles(files));
  const { stdout } = execaSync("tar", ["-tvf", "-", "--numeric-owner"], { input });
  expect(stdout.split("\n").map((line) => line.replaceAll(/\s+/g, " "))).toEqual([
    expect.stringMatching(/^-rw-r--r-- 0\/0 22 .*lab\/script$/),
    expect.stringMatching(/^-rw-r--r-- 0\/0 512 .*lab\/exact$/),
    expect.stringMatching(/^-rw-r--r-- 0\/0 0 .*lab\/empty$/),
  ]);
  const content = execaSync("tar", ["-xOf", "-", "lab/script"], {
    input,
    stripFinalNewline: false,
  });
  expect(content.stdout).toBe(files[0]?.content);
});

test("a path longer than a header has room for, and megabytes of content", async () => {
  const path = `/${"a".repeat(150)}/${"b".repeat(150)}`;
  const content = "0123456789abcdef".repeat(400_000);
  const input = await buffer(packFiles([{ path, content }]));
  const { stdout } = execaSync("tar", ["-xOf", "-", path.slice(1)], {
    input,
    maxBuffer: 10_000_000,
  });
  expect(stdout.length).toBe(content.length);
});

test("equal files make equal archives", async () => {
  const [a, b] = await Promise.all([packFiles(files), packFiles(files)].map(buffer));
  expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
});
