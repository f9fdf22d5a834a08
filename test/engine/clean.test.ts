import { describe, expect, test } from "vitest";
import { cleanAll } from "../../lab/engine/clean.ts";
import type { Engine } from "../../lab/engine/engine.ts";
import { label } from "../../lab/plan/plan.ts";

function refusal(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}

/** An engine that notes what it is asked, in order; `fail` may refuse a removal. */
function recordingEngine(fail: (what: string) => Error | undefined = () => undefined) {
  const asked: string[] = [];
  const remove = async (what: string) => {
    asked.push(what);
    const error = fail(what);
    if (error !== undefined) throw error;
  };
  const engine = {
    listContainers: async ({ filters }: { filters: { label: string[] } }) => {
      asked.push(`list ${filters.label.join(" ")}`);
      return [
        { Id: "c1", Names: ["/one"], NetworkSettings: { Networks: { lan: {}, wan: {} } } },
        { Id: "c2", Names: ["/two"] },
      ];
    },
    listNetworks: async () => [{ Id: "n1", Name: "net" }],
    listVolumes: async () => ({ Volumes: [{ Name: "vol" }] }),
    getContainer: (id: string) => ({
      remove: () => remove(`container ${id}`),
      wait: () => remove(`wait ${id}`),
    }),
    getNetwork: (id: string) => ({
      inspect: async () => ({ Containers: { s1: {}, s2: {} } }),
      remove: () => remove(`network ${id}`),
      disconnect: ({ Container }: { Container: string }) => remove(`${Container} leaves ${id}`),
    }),
    getVolume: (name: string) => ({ remove: () => remove(`volume ${name}`) }),
  };
  return { engine: engine as unknown as Engine, asked };
}

describe("cleaning", () => {
  test("asks by label only, and removes networks when their containers are gone", async () => {
    const { engine, asked } = recordingEngine();
    expect(await cleanAll(engine, { lab: "x", run: "stack" })).toEqual({
      containers: ["one", "two"],
      networks: ["net"],
      volumes: ["vol"],
    });
    expect(asked[0]).toBe(`list ${label.lab}=x ${label.run}=stack`);
    const lastContainer = asked.findLastIndex((what) => /container|wait/.test(what));
    expect(asked.indexOf("network n1")).toBeGreaterThan(lastContainer);
  });

  test("takes containers off their networks first, one after the other", async () => {
    const { engine, asked } = recordingEngine((what) =>
      what === "c1 leaves lan" ? refusal(404, "no such endpoint") : undefined,
    );
    await cleanAll(engine);
    expect(asked.slice(1, 4)).toEqual(["c1 leaves lan", "c1 leaves wan", "container c1"]);
  });

  test("takes a stranger's containers off a network before it goes, one after the other", async () => {
    const { engine, asked } = recordingEngine();
    await cleanAll(engine);
    const leaving = asked.filter((what) => what.includes("n1"));
    expect(leaving).toEqual(["s1 leaves n1", "s2 leaves n1", "network n1"]);
  });

  test("without a lab, whatever carries our label", async () => {
    const { engine, asked } = recordingEngine();
    await cleanAll(engine);
    expect(asked[0]).toBe(`list ${label.lab}`);
  });

  test("what is gone or going is no fault", async () => {
    const { engine } = recordingEngine((what) => {
      if (what === "container c1")
        return refusal(409, "removal of container is already in progress");
      return what === "network n1" ? refusal(404, "no such network") : undefined;
    });
    expect((await cleanAll(engine)).networks).toEqual(["net"]);
  });

  test("a removal that is refused is told, after the others were tried", async () => {
    const { engine, asked } = recordingEngine((what) =>
      what === "container c1" ? refusal(500, "device busy") : undefined,
    );
    await expect(cleanAll(engine)).rejects.toThrow("device busy");
    expect(asked).toContain("container c2");
  });
});
