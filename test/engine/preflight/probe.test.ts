import { PassThrough, Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Engine } from "../../../lab/engine/engine.ts";
import { featureFault, features } from "../../../lab/engine/preflight/features.ts";
import { probeEngine, readProbe } from "../../../lab/engine/preflight/probe.ts";
import { frame } from "../../engine/fake-engine.ts";

const all = "has: memory 1024\nhas: tasks 12 3000\n";

test("what the script prints: what is lacking, what is left, and the tools' own lines", () => {
  expect(readProbe(`Error: Could not process rule\nlacks: nat\nlacks: segment\n${all}`)).toEqual({
    lacking: ["nat", "segment"],
    capacity: { memoryBytes: 2 ** 20, tasks: { used: 12, limit: 3000 } },
    output: "Error: Could not process rule",
  });
});

test("each feature has an error of a name, one line, and something to do", () => {
  for (const feature of features) {
    const { name, what, remedy } = featureFault(feature, "6.1", "");
    expect(name).toMatch(/^(KernelLacks|TunMissing|SegmentBlocked)$/);
    expect(`${what} ${remedy}`).not.toContain("\n");
    expect(remedy).toMatch(/\w/);
  }
});

describe("an engine that can't give a container what a lab asks for", () => {
  const noTun =
    'error gathering device information while adding custom device "/dev/net/tun": no such file or directory';
  const noIpv6 =
    "open /proc/sys/net/ipv6/conf/all/disable_ipv6: no such file or directory: unknown";

  test.each([
    ["no TUN device", [noTun], ["tun"]],
    ["no IPv6", [noIpv6], ["ipv6"]],
    ["neither", [noTun, noIpv6], ["tun", "ipv6"]],
  ])("%s: the rest is tried, and nothing is left", async (_name, failures, lacking) => {
    const { engine, left } = startsThatFail(failures);
    expect((await probeEngine(engine, "base")).lacking).toEqual(lacking);
    expect(left()).toBe(0);
  });

  test("an error of another kind is the caller's, and nothing is left", async () => {
    const { engine, left } = startsThatFail(["OCI runtime create failed"]);
    await expect(probeEngine(engine, "base")).rejects.toThrow("OCI runtime create failed");
    expect(left()).toBe(0);
  });
});

/** An engine on which the probe's own container fails to start in these ways, one after the other. */
function startsThatFail(failures: string[]): { engine: Engine; left: () => number } {
  let left = 0;
  const rest = [...failures];
  const thing = (more: object) => {
    left += 1;
    return {
      remove: async () => {
        left -= 1;
      },
      ...more,
    };
  };
  const modem = {
    // Of its own accord the engine removes what has ended, and answers with the exit code.
    dial: (_options: object, done: (error: null, answer: Readable) => void) =>
      done(null, Readable.from(['{"StatusCode":0}'])),
  };
  const engine = {
    modem,
    createNetwork: async () => thing({ id: "network" }),
    createContainer: async ({ Entrypoint }: { Entrypoint: string[] }) => {
      const output = new PassThrough();
      const isOneShot = Entrypoint[0] !== "sleep";
      return thing({
        attach: async () => output,
        start: async () => {
          const failure = isOneShot ? rest.shift() : undefined;
          if (failure !== undefined) throw new Error(failure);
          if (isOneShot) left -= 1;
          output.end(frame(all.trimEnd()));
        },
        inspect: async () => ({
          NetworkSettings: { Networks: { network: { IPAddress: "172.20.0.2" } } },
        }),
      });
    },
  };
  return { engine: engine as unknown as Engine, left: () => left };
}
