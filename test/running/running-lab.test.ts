import { describe, expect, test } from "vitest";
import { listLabs, RunningLab } from "../../lab/running/running-lab.ts";
import { fakeEngine } from "../engine/fake-engine.ts";

const engine = fakeEngine([
  { lab: "homelab", name: "laptop", spec: { kind: "tailscale" } },
  { lab: "homelab", name: "control", spec: { kind: "control" }, running: false },
  { lab: "homelab", name: "other", run: "scenario-1" },
  { lab: "paths", name: "a", run: "scenario-1" },
  { lab: "twice", name: "a", run: "scenario-1" },
  { lab: "twice", name: "a", run: "scenario-2" },
]);

describe("labs on an engine", () => {
  test("are told apart by name and run", async () => {
    expect(await listLabs(engine)).toEqual([
      { name: "homelab", run: "scenario-1", nodes: 1, running: 1 },
      { name: "homelab", run: "stack", nodes: 2, running: 1 },
      { name: "paths", run: "scenario-1", nodes: 1, running: 1 },
      { name: "twice", run: "scenario-1", nodes: 1, running: 1 },
      { name: "twice", run: "scenario-2", nodes: 1, running: 1 },
    ]);
  });

  test("the stack's lab goes before a scenario's of the same name", async () => {
    const lab = await RunningLab.find("homelab", { engine });
    expect(lab.run).toBe("stack");
    expect(lab.nodes.map((node) => node.name)).toEqual(["control", "laptop"]);
    expect(lab.control.state).toBe("exited");
    expect(lab.ofKind("tailscale").map((node) => node.name)).toEqual(["laptop"]);
  });

  test("a scenario's lab is found where it is the only one, or by its run", async () => {
    expect((await RunningLab.find("paths", { engine })).run).toBe("scenario-1");
    const other = await RunningLab.find("homelab", { engine, run: "scenario-1" });
    expect(other.nodes.map((node) => node.name)).toEqual(["other"]);
    await expect(RunningLab.find("twice", { engine })).rejects.toMatchObject({
      name: "LabNotFound",
      what: "lab twice runs only as scenario-1, scenario-2",
    });
  });

  test("names that are not there: what runs, and what is near", async () => {
    await expect(RunningLab.find("homelan", { engine })).rejects.toMatchObject({
      name: "LabNotFound",
      remedy: "these run: homelab, paths, twice",
    });
    const lab = await RunningLab.find("homelab", { engine });
    expect(() => lab.node("labtop")).toThrow(
      expect.objectContaining({ name: "NodeNotFound", remedy: "did you mean laptop?" }),
    );
  });

  test("a declared node without a container is gone, and not unknown", async () => {
    const found = await RunningLab.find("homelab", { engine });
    const phone = { ...found.node("laptop").spec, name: "phone" };
    const lab = found.withDeclared([found.node("laptop").spec, phone]);
    expect(lab.gone).toEqual([phone]);
    expect(() => lab.node("phone")).toThrow(
      expect.objectContaining({ name: "NodeFailed", what: "its container is gone" }),
    );
    expect(() => lab.node("phon")).toThrow(
      expect.objectContaining({ name: "NodeNotFound", remedy: "did you mean phone?" }),
    );
  });
});
