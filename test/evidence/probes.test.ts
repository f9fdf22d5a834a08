import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { parseResolverProbes, resolverScript } from "../../lab/evidence/probes.ts";

/** What the script prints of one resolver, 10.9.9.9, where `dig` prints a text. */
async function probed(dig: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-lab-probes-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const programs = { tailscale: `echo '"Addr": "10.9.9.9"'`, dig: `echo '${dig}'` };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const { stdout } = await promisify(execFile)("sh", ["-c", resolverScript], { env });
  return stdout;
}

test.each([
  [";; ->>HEADER<<- opcode: QUERY, status: REFUSED, id: 1", "REFUSED"],
  [";; no servers could be reached", undefined],
])("a resolver of which dig prints %s", async (dig, status) => {
  expect(parseResolverProbes(await probed(dig))).toContainEqual(
    expect.objectContaining({ server: "10.9.9.9", status }),
  );
});

test("nothing is told of resolvers where dig can't read /etc/resolv.conf", async () => {
  expect(await probed("dig: parse of /etc/resolv.conf failed")).toBe("");
});
