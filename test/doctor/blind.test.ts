import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const lab = fileURLToPath(new URL("../../lab/", import.meta.url));

const comment = /^\s*(?:\/?\*|\/\/)/;
/** The word, and not `default`. */
const ofFaults = /(?<!de)faults?(?![a-z])/i;

test("nothing that gathers evidence or judges it knows of injected faults, or of the lab's own labels", async () => {
  for (const folder of ["evidence", "doctor"]) {
    const files = (await readdir(path.join(lab, folder), { recursive: true })).filter((file) =>
      file.endsWith(".ts"),
    );
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const text = await readFile(path.join(lab, folder, file), "utf8");
      const lines = text
        .split("\n")
        .filter((line) => !comment.test(line))
        .filter(
          (line) =>
            ofFaults.test(line) || /tailnet-lab\.|\/lab\/(?:state|settings|faults)/.test(line),
        );
      expect({ file, lines }).toEqual({ file, lines: [] });
    }
  }
});
