import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { cleanAfterKilled, cleanAll } from "../../lab/engine/clean.ts";
import type { Engine } from "../../lab/engine/engine.ts";
import { label } from "../../lab/plan/plan.ts";

function refusal(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}

/** An engine that notes what it is asked, in order; `fail` may refuse a removal, and late things appear once all others are gone. */
function recordingEngine(
  fail: (what: string) => Error | undefined = () => undefined,
  late: readonly string[] = [],
) {
  const asked: string[] = [];
  const left = new Set(["container c1", "container c2", "network n1", "volume vol"]);
  const remove = async (what: string) => {
    asked.push(what);
    const error = fail(what);
    if (error !== undefined) throw error;
    left.delete(what);
    if (left.size > 0) return;
    for (const thing of late.filter((each) => !asked.includes(each))) left.add(thing);
  };
  const note = async (what: string) => {
    asked.push(what);
    const error = fail(what);
    if (error !== undefined) throw error;
  };
  const listed = <T>(things: Record<string, T>): T[] =>
    Object.entries(things).flatMap(([what, thing]) => (left.has(what) ? [thing] : []));
  const engine = {
    listContainers: async ({ filters }: { filters: { label: string[] } }) => {
      asked.push(`list ${filters.label.join(" ")}`);
      return listed({
        "container c1": {
          Id: "c1",
          Names: ["/one"],
          NetworkSettings: { Networks: { lan: {}, wan: {} } },
        },
        "container c2": { Id: "c2", Names: ["/two"] },
        "container c3": { Id: "c3", Names: ["/three"] },
      });
    },
    listNetworks: async () => listed({ "network n1": { Id: "n1", Name: "net" } }),
    listVolumes: async () => ({ Volumes: listed({ "volume vol": { Name: "vol" } }) }),
    getContainer: (id: string) => ({ remove: () => remove(`container ${id}`) }),
    getNetwork: (id: string) => ({
      inspect: async () => ({ Containers: { s1: {}, s2: {} } }),
      remove: () => remove(`network ${id}`),
      disconnect: ({ Container }: { Container: string }) => note(`${Container} leaves ${id}`),
    }),
    getVolume: (name: string) => ({ remove: () => remove(`volume ${name}`) }),
  };
  const add = (thing: string) => left.add(thing);
  return { engine: engine as unknown as Engine, asked, add };
}

describe("cleaning", () => {
  test("after a kill, what the engine lists only later goes too", async () => {
    const { engine, asked, add } = recordingEngine();
    const events = new PassThrough();
    const cleaned = cleanAfterKilled(Object.assign(engine, { getEvents: async () => events }), {
      run: "r1",
      quietMs: 300,
    });
    await expect.poll(() => asked).toContain("network n1");
    add("container c3");
    events.write(
      `${JSON.stringify({ Action: "create", Actor: { Attributes: { name: "tailnet-lab-x.c3" } } })}\n`,
    );
    await cleaned;
    expect(asked).toContain("container c3");
  });

  test("asks by label only, and removes networks when their containers are gone", async () => {
    const { engine, asked } = recordingEngine();
    expect(await cleanAll(engine, { lab: "x", run: "stack" })).toEqual({
      containers: ["one", "two"],
      networks: ["net"],
      volumes: ["vol"],
    });
    expect(asked[0]).toBe(`list ${label.lab}=x ${label.run}=stack`);
    const lastContainer = asked.findLastIndex((what) => what.startsWith("container"));
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

  test("what is gone already is no error", async () => {
    const gone = new Set<string>();
    const { engine } = recordingEngine((what) => {
      if (what !== "network n1" || gone.has(what)) return undefined;
      gone.add(what);
      return refusal(404, "no such network");
    });
    expect((await cleanAll(engine)).networks).toEqual(["net"]);
  });

  test("goes on where the engine refuses for a while: a removal under way, a volume in use", async () => {
    const times = new Map<string, number>();
    const { engine } = recordingEngine((what) => {
      const count = (times.get(what) ?? 0) + 1;
      times.set(what, count);
      if (count > 2) return undefined;
      if (what === "container c1") return refusal(409, "removal is already in progress");
      return what === "volume vol" ? refusal(409, "volume is in use - [c9]") : undefined;
    });
    expect(await cleanAll(engine)).toEqual({
      containers: ["one", "two"],
      networks: ["net"],
      volumes: ["vol"],
    });
  });

  test("removes what the engine lists only after the first pass", async () => {
    const { engine } = recordingEngine(undefined, ["container c3"]);
    expect((await cleanAll(engine)).containers).toEqual(["one", "three", "two"]);
  });

  test("a refusal that lasts ends it, with the engine's message, after the others were tried", async () => {
    const { engine, asked } = recordingEngine((what) =>
      what === "container c1" ? refusal(500, "device busy") : undefined,
    );
    await expect(cleanAll(engine, { idleMs: 0 })).rejects.toMatchObject({
      name: "WaitTimedOut",
      what: expect.stringContaining("one: device busy"),
    });
    expect(asked).toContain("container c2");
  });

  test("a removal may itself take longer than that", async () => {
    const { engine } = recordingEngine();
    const slow = {
      ...engine,
      getVolume: (name: string) => ({
        remove: async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          await engine.getVolume(name).remove();
        },
      }),
    };
    expect((await cleanAll(slow as unknown as Engine, { idleMs: 10 })).volumes).toEqual(["vol"]);
  });

  test("an engine that removes and lists the same again does not hold it for ever", async () => {
    const { engine } = recordingEngine();
    const stubborn = { ...engine, getVolume: () => ({ remove: async () => {} }) };
    await expect(cleanAll(stubborn as unknown as Engine, { idleMs: 0 })).rejects.toMatchObject({
      name: "WaitTimedOut",
      what: expect.stringContaining("vol is listed"),
    });
  });
});
