import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { refuseElsewhere } from "../../stacks/orphans.ts";
import {
  forgetLab,
  idsInState,
  type LabRecord,
  type LabState,
  labState,
  lockLab,
  readRecord,
  terraformDirectory,
  writeRecord,
} from "../../stacks/state.ts";
import { openTemporaryDirectory } from "../../stacks/temporary-directory.ts";

let base: string;
let state: LabState;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "stack-state-"));
  state = labState(base, `lab-${process.pid}`);
});
afterEach(() => rm(base, { recursive: true, force: true }));

describe("the lock of a lab", () => {
  test("tells a second one who has it, and is free again afterwards", async () => {
    {
      await using _lock = await lockLab(state.lab, "tailnet-lab up");
      await expect(lockLab(state.lab, "tailnet-lab down")).rejects.toMatchObject({
        name: "LabLocked",
        what: `process ${process.pid} is at work on lab ${state.lab} (tailnet-lab up)`,
      });
      await using _other = await lockLab(`${state.lab}-2`, "tailnet-lab up");
    }
    await using _again = await lockLab(state.lab, "tailnet-lab up");
  });

  test("dies with its process, however that dies", async () => {
    const module = fileURLToPath(new URL("../../stacks/state.ts", import.meta.url));
    const program = `
      const { lockLab } = await import(${JSON.stringify(module)});
      const lock = await lockLab(${JSON.stringify(state.lab)}, "tailnet-lab up");
      console.log("locked");
      setInterval(() => lock, 1000);`;
    const other = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    await expect(lockLab(state.lab, "tailnet-lab up")).rejects.toThrow(`process ${other.pid} is`);
    other.kill("SIGKILL");
    await once(other, "exit");
    await using _lock = await lockLab(state.lab, "tailnet-lab up");
  });
});

function recordFor(topology: string): LabRecord {
  const allocation = {
    subnets: { internet: 7 },
    dockerHosts: { internet: { control: 2 } },
    addresses: { internet: {} },
    regions: { fra: 900 },
  };
  return { schema: 2, topology, allocation, secret: "a secret" };
}

describe("the record", () => {
  const record = recordFor("/somewhere/lab.ts");

  test("comes back as it was written, and goes without a trace", async () => {
    expect(await readRecord(state)).toBeUndefined();
    await writeRecord(state, record);
    expect(await readRecord(state)).toEqual(record);
    await forgetLab(state);
    expect(await readdir(base)).toEqual([]);
  });

  test("that can't be read counts as none", async () => {
    await writeRecord(state, record);
    await writeFile(join(state.directory, "lab.json"), "{");
    expect(await readRecord(state)).toBeUndefined();
  });
});

describe("Terraform's state", () => {
  const write = async (text: string) => {
    await mkdir(terraformDirectory(state), { recursive: true });
    await writeFile(join(terraformDirectory(state), "terraform.tfstate"), text);
  };

  test("tells the ids of what it holds", async () => {
    expect(await idsInState(state)).toEqual(new Set());
    const instance = (id: string) => ({ instances: [{ attributes: { id } }] });
    await write(JSON.stringify({ version: 4, resources: [instance("c1"), instance("n1")] }));
    expect(await idsInState(state)).toEqual(new Set(["c1", "n1"]));
  });

  test("cut off in the middle is put aside and empty", async () => {
    await write('{"version": 4, "resour');
    expect(await idsInState(state)).toEqual(new Set());
    expect(await readdir(terraformDirectory(state))).toEqual(["terraform.tfstate.unreadable"]);
  });
});

test("what a killed command left in its temporary directory goes with the next one", async () => {
  const killed = await openTemporaryDirectory(state);
  await writeFile(join(killed.directory, "plan"), "");
  {
    await using temporary = await openTemporaryDirectory(state);
    expect(await readdir(temporary.directory)).toEqual([]);
    await expect(readdir(killed.directory)).rejects.toThrow("ENOENT");
  }
  expect(await readdir(base)).toEqual([]);
});

describe("a lab of the same name", () => {
  const found = { containers: [{ id: "c1", name: "x" }], networks: [], volumes: [] };

  test("is refused where another directory or another topology started it", async () => {
    await writeRecord(state, recordFor("/a/lab.ts"));
    const elsewhere = { name: "LabElsewhere", where: "/other/.tailnet-lab/x" };
    await expect(
      refuseElsewhere({ ...found, origin: "/other/.tailnet-lab/x" }, state, "/a/lab.ts"),
    ).rejects.toMatchObject(elsewhere);
    await expect(
      refuseElsewhere({ ...found, origin: state.directory }, state, "/b/lab.ts"),
    ).rejects.toMatchObject({ name: "LabElsewhere", where: "/a/lab.ts" });
  });

  test("is ours where both agree, and free where nothing runs", async () => {
    await writeRecord(state, recordFor("/a/lab.ts"));
    const ours = { ...found, origin: state.directory };
    await expect(refuseElsewhere(ours, state, "/a/lab.ts")).resolves.toBeUndefined();
    const nothing = { containers: [], networks: [], volumes: [], origin: undefined };
    await expect(refuseElsewhere(nothing, state, "/b/lab.ts")).resolves.toBeUndefined();
  });
});
