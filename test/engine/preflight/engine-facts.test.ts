import { release, totalmem } from "node:os";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Engine } from "../../../lab/engine/engine.ts";
import {
  engineName,
  freeMemory,
  readEngineFacts,
  unsupported,
} from "../../../lab/engine/preflight/engine-facts.ts";

afterEach(() => vi.unstubAllEnvs());

/** What an engine answers, as far as it differs from Docker Engine 29 on this machine. */
function engine(info: object = {}, version: object = {}): Engine {
  return {
    info: async () => ({
      ID: "id",
      OSType: "linux",
      OperatingSystem: "Debian GNU/Linux 12 (bookworm)",
      KernelVersion: release(),
      MemTotal: totalmem(),
      SecurityOptions: ["name=seccomp,profile=builtin"],
      ...info,
    }),
    version: async () => ({
      Version: "29.9.0",
      ApiVersion: "1.52",
      Components: [{ Name: "Engine", Version: "29.9.0" }],
      ...version,
    }),
  } as unknown as Engine;
}

const read = (info?: object, version?: object) => readEngineFacts(engine(info, version));

describe("an engine's kind", () => {
  test("Docker Engine on this machine has this machine's kernel and memory", async () => {
    vi.stubEnv("DOCKER_HOST", "");
    const facts = await read();
    expect(facts).toMatchObject({ kind: "docker", isOwnKernel: true });
    expect(unsupported(facts)).toBeUndefined();
    expect(freeMemory(facts)).toBeLessThan(totalmem());
  });

  test("an engine over TCP has its own, also where the kernel is the same", async () => {
    vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:2375");
    const facts = await read({ MemTotal: 8e9 });
    expect(facts.isOwnKernel).toBe(false);
    expect(freeMemory(facts)).toBe(8e9);
  });

  test("Docker Desktop answers on a local socket, and has a kernel of its own", async () => {
    vi.stubEnv("DOCKER_HOST", "unix:///home/me/.docker/desktop/docker.sock");
    const facts = await read({ OperatingSystem: "Docker Desktop" });
    expect(facts).toMatchObject({ kind: "desktop", isOwnKernel: false });
    expect(unsupported(facts)).toBeUndefined();
    expect(engineName(facts)).toBe("Docker Desktop, Docker Engine 29.9.0");
  });

  test("rootless Docker is told, and tried like the others", async () => {
    const facts = await read({ SecurityOptions: ["name=seccomp", "name=rootless"] });
    expect(facts.kind).toBe("rootless");
    expect(unsupported(facts)).toBeUndefined();
  });

  test("Podman is refused in one line", async () => {
    const facts = await read(
      {},
      { Version: "4.3.1", ApiVersion: "1.41", Components: [{ Name: "Podman Engine" }] },
    );
    expect(unsupported(facts)).toMatchObject({
      name: "EngineUnsupported",
      what: expect.stringMatching(/^this is Podman 4\.3\.1, [^\n]+$/),
      remedy: expect.stringContaining("Docker Engine"),
    });
  });

  test.each([
    ["Windows containers", { OSType: "windows" }, {}, /windows containers/],
    [
      "an engine before 20.10",
      {},
      { Version: "19.03.15", ApiVersion: "1.40" },
      /19\.03\.15.*20\.10/,
    ],
  ])("%s are refused", async (_name, info, version, what) => {
    expect(unsupported(await read(info, version))?.what).toMatch(what);
  });
});
