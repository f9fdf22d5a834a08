import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { diffStack } from "../../stacks/diff.ts";
import { endLeftTerraform, stateVariable } from "../../stacks/left-terraform.ts";
import { refuseElsewhere } from "../../stacks/orphans.ts";
import {
  forgetLab,
  isUnfinished,
  type LabRecord,
  type LabState,
  labState,
  lockLab,
  noteFinished,
  noteUnfinished,
  putAsideUnreadable,
  readRecord,
  readTerraformState,
  terraformDirectory,
  writeRecord,
} from "../../stacks/state.ts";
import {
  openTemporaryDirectory,
  removeTemporaryDirectories,
} from "../../stacks/temporary-directory.ts";
import type { StackOptions } from "../../stacks/up.ts";

let base: string;
let state: LabState;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "stack-state-"));
  state = labState(base, `lab-${process.pid}`);
});
afterEach(() => rm(base, { recursive: true, force: true }));

test("state that can't be kept there is said, and not tried for ever", async () => {
  const record = {
    schema: 2 as const,
    topology: "/lab.ts",
    allocation: { subnets: {}, dockerHosts: {}, addresses: {}, regions: {} },
    secret: "s",
  };
  await expect(writeRecord(labState("/proc", "trial"), record)).rejects.toMatchObject({
    name: "UsageInvalid",
    where: "/proc/.tailnet-lab",
    remedy: "run the command in a directory where you may write",
  });
});

/** A process of its own that has the lock, and is killed when disposed of. */
async function lockElsewhere(lab: string) {
  const module = fileURLToPath(new URL("../../stacks/state.ts", import.meta.url));
  const program = `
    const { lockLab } = await import(${JSON.stringify(module)});
    const lock = await lockLab(${JSON.stringify(lab)}, "tailnet-lab up");
    console.log("locked");
    setInterval(() => lock, 1000);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(other.stdout, "data");
  return {
    pid: other.pid ?? 0,
    async [Symbol.asyncDispose]() {
      if (other.exitCode !== null || other.signalCode !== null) return;
      other.kill("SIGKILL");
      await once(other, "exit");
    },
  };
}

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
    await using other = await lockElsewhere(state.lab);
    await expect(lockLab(state.lab, "tailnet-lab up")).rejects.toThrow(`process ${other.pid} is`);
    await other[Symbol.asyncDispose]();
    await using _lock = await lockLab(state.lab, "tailnet-lab up");
  });

  test("of a process that is stopped is told with its id and command, in seconds", async () => {
    await using other = await lockElsewhere(state.lab);
    process.kill(other.pid, "SIGSTOP");
    const since = performance.now();
    await expect(lockLab(state.lab, "tailnet-lab up")).rejects.toMatchObject({
      name: "LabLocked",
      what: expect.stringMatching(
        new RegExp(
          `^process ${other.pid} has locked lab ${state.lab} and does not answer .*lockLab`,
        ),
      ),
      remedy: `let it go on: kill -CONT ${other.pid}; or end it: kill -KILL ${other.pid}`,
    });
    expect(performance.now() - since).toBeLessThan(8000);
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

  test("tells whether the last command came to its end", async () => {
    await writeRecord(state, record);
    expect(await isUnfinished(state)).toBe(false);
    await noteUnfinished(state);
    expect(await isUnfinished(state)).toBe(true);
    await noteFinished(state);
    expect(await isUnfinished(state)).toBe(false);
  });
});

describe("a state's directory is removed", () => {
  const record = recordFor("/somewhere/lab.ts");
  const content = () => readdir(base, { recursive: true });

  test("only where it has a record of ours", async () => {
    await mkdir(state.directory, { recursive: true });
    await writeFile(join(state.directory, "photos"), "");
    await writeFile(join(state.directory, "lab.json"), '{"schema": 1}');
    const before = await content();
    await expect(forgetLab(state)).rejects.toMatchObject({ name: "UsageInvalid" });
    expect(await content()).toEqual(before);
  });

  test.each([
    ["nothing", []],
    ["half a record", ["lab.json.new"]],
  ])("where a killed command left %s", async (_what, files) => {
    await mkdir(state.directory, { recursive: true });
    for (const file of files) await writeFile(join(state.directory, file), "{");
    await forgetLab(state);
    expect(await content()).toEqual([]);
  });

  test("never through a link", async () => {
    const elsewhere = join(base, "elsewhere");
    const other = labState(elsewhere, state.lab);
    await mkdir(elsewhere);
    await writeRecord(other, record);
    const before = await readdir(elsewhere, { recursive: true });
    const refused = { name: "UsageInvalid", what: expect.stringContaining("symbolic link") };

    await symlink(dirname(other.directory), dirname(state.directory));
    await expect(forgetLab(state)).rejects.toMatchObject(refused);
    await expect(writeRecord(state, record)).rejects.toMatchObject(refused);
    await unlink(dirname(state.directory));

    await mkdir(dirname(state.directory));
    await symlink(other.directory, state.directory);
    await expect(forgetLab(state)).rejects.toMatchObject(refused);
    await expect(writeRecord(state, record)).rejects.toMatchObject(refused);
    expect(await readdir(elsewhere, { recursive: true })).toEqual(before);
  });

  test("without what links in it lead to", async () => {
    await writeRecord(state, record);
    const photos = join(base, "photos");
    await mkdir(photos);
    await writeFile(join(photos, "one"), "");
    await symlink(photos, join(state.directory, "temporary"));
    await forgetLab(state);
    expect(await content()).toEqual(["photos", "photos/one"]);
  });
});

test("a name that would lead elsewhere makes no path", () => {
  for (const name of ["..", "", "a/b", ".", "/"]) expect(() => labState(base, name)).toThrow();
});

describe("Terraform's state", () => {
  const write = async (text: string) => {
    await mkdir(terraformDirectory(state), { recursive: true });
    await writeFile(join(terraformDirectory(state), "terraform.tfstate"), text);
  };

  test("tells the ids of what it holds", async () => {
    expect(await readTerraformState(state)).toMatchObject({ ids: new Set(), isReadable: true });
    const instance = (id: string) => ({ instances: [{ attributes: { id } }] });
    await write(JSON.stringify({ version: 4, resources: [instance("c1"), instance("n1")] }));
    expect((await readTerraformState(state)).ids).toEqual(new Set(["c1", "n1"]));
  });

  test("cut off in the middle is empty; reading leaves it, and it can be put aside", async () => {
    await write('{"version": 4, "resour');
    const read = await readTerraformState(state);
    expect(read).toMatchObject({ ids: new Set(), isReadable: false });
    expect(await readdir(terraformDirectory(state))).toEqual(["terraform.tfstate"]);
    await putAsideUnreadable(read);
    expect(await readdir(terraformDirectory(state))).toEqual(["terraform.tfstate.unreadable"]);
  });
});

describe("the temporary directory", () => {
  beforeEach(() => {
    vi.stubEnv("TMPDIR", base);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("of a killed command goes with the next one, and nobody else's does", async () => {
    const killed = await openTemporaryDirectory(state);
    await writeFile(join(killed.directory, "plan"), "");
    const ofOther = await openTemporaryDirectory(labState(base, "other"));
    {
      await using temporary = await openTemporaryDirectory(state);
      expect(await readdir(temporary.directory)).toEqual([]);
      await expect(readdir(killed.directory)).rejects.toThrow("ENOENT");
    }
    expect(await readdir(base)).toEqual([basename(ofOther.directory)]);
  });

  test("is neither followed as a link nor taken where others may write", async () => {
    const { directory } = await openTemporaryDirectory(state);
    const photos = join(base, "photos");
    await mkdir(photos);
    await writeFile(join(photos, "one"), "");
    await symlink(photos, `${directory}-link`);
    await mkdir(`${directory}-open`);
    await chmod(`${directory}-open`, 0o777);
    await removeTemporaryDirectories(state);
    const left = [`${basename(directory)}-link`, `${basename(directory)}-open`, "photos"];
    expect((await readdir(base)).sort()).toEqual(left.sort());
    expect(await readdir(photos)).toEqual(["one"]);
  });
});

test("a Terraform that outlived its command is killed; others are not", async () => {
  const sleep = async (directory: string) => {
    const child = spawn("sh", ["-c", "echo; exec sleep 60"], {
      env: { ...process.env, [stateVariable]: directory },
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(child.stdout, "data");
    return child;
  };
  const left = await sleep(state.directory);
  const other = await sleep(`${state.directory}-2`);
  try {
    const ended = once(left, "exit");
    await endLeftTerraform(state);
    await ended;
    expect(left.signalCode).toBe("SIGKILL");
    expect(other.exitCode ?? other.signalCode).toBeNull();
  } finally {
    other.kill("SIGKILL");
  }
});

test("a file where the state belongs is told before anything is compared", async () => {
  await writeFile(join(base, ".tailnet-lab"), "");
  const options = { base, plan: () => ({ lab: state.lab }) } as unknown as StackOptions;
  await expect(diffStack(options)).rejects.toMatchObject({
    name: "UsageInvalid",
    where: join(base, ".tailnet-lab"),
  });
});

describe("a lab of the same name", () => {
  const found = { containers: [{ id: "c1", name: "x" }], networks: [], volumes: [] };

  test("is refused where another directory or another topology started it", async () => {
    const file = fileURLToPath(import.meta.url);
    await writeRecord(state, recordFor(file));
    await expect(
      refuseElsewhere({ ...found, origin: "/other/.tailnet-lab/x" }, state, file),
    ).rejects.toMatchObject({
      name: "LabElsewhere",
      what: `lab ${state.lab} was brought up from /other`,
      remedy: "run this in /other, or give this topology another name",
    });
    await expect(
      refuseElsewhere({ ...found, origin: state.directory }, state, "/b/lab.ts"),
    ).rejects.toMatchObject({ name: "LabElsewhere", where: file });
  });

  test("is ours where its topology's file was renamed", async () => {
    await writeRecord(state, recordFor("/a/lab.yaml"));
    const ours = { ...found, origin: state.directory };
    await expect(refuseElsewhere(ours, state, "/a/lab.ts")).resolves.toBeUndefined();
  });

  test("is ours where both agree, and free where nothing runs", async () => {
    await writeRecord(state, recordFor("/a/lab.ts"));
    const ours = { ...found, origin: state.directory };
    await expect(refuseElsewhere(ours, state, "/a/lab.ts")).resolves.toBeUndefined();
    const nothing = { containers: [], networks: [], volumes: [], origin: undefined };
    await expect(refuseElsewhere(nothing, state, "/b/lab.ts")).resolves.toBeUndefined();
  });
});
