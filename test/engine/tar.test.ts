import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { packFiles } from "../../lab/engine/tar.ts";

const files = [
  { path: "/lab/boot", content: "#!/bin/sh\necho grüß\n" },
  { path: "/lab/exact", content: "x".repeat(512) },
  { path: "/lab/empty", content: "" },
];

test("tar reads the archive: names, modes, sizes and content", () => {
  const input = packFiles(files);
  const listed = execFileSync("tar", ["-tvf", "-", "--numeric-owner"], { input, encoding: "utf8" });
  expect(
    listed
      .trimEnd()
      .split("\n")
      .map((line) => line.replaceAll(/\s+/g, " ")),
  ).toEqual([
    expect.stringMatching(/^-rw-r--r-- 0\/0 22 .*lab\/boot$/),
    expect.stringMatching(/^-rw-r--r-- 0\/0 512 .*lab\/exact$/),
    expect.stringMatching(/^-rw-r--r-- 0\/0 0 .*lab\/empty$/),
  ]);
  const content = execFileSync("tar", ["-xOf", "-", "lab/boot"], { input, encoding: "utf8" });
  expect(content).toBe(files[0]?.content);
});

test("a path that does not fit is refused, not cut", () => {
  const path = `/${"a".repeat(101)}`;
  expect(() => packFiles([{ path, content: "" }])).toThrow("too long");
});
