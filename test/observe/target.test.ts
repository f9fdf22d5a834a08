import { describe, expect, test } from "vitest";
import { splitTarget, targetOf } from "../../lab/observe/target.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";

test("without a port and a service of its own, an address is to be written with one", async () => {
  const lab = { nodes: [] as unknown } as RunningLab;
  for (const [host, written] of [
    ["fd7a::5", "write [fd7a::5]:PORT"],
    ["10.20.0.9", "write 10.20.0.9:PORT"],
  ] as const) {
    await expect(targetOf(lab, host, "tcp")).rejects.toMatchObject({ remedy: written });
  }
});

describe("a target as it is written", () => {
  test.each([
    ["server", "server", undefined],
    ["server:80", "server", 80],
    ["www.example.com:443", "www.example.com", 443],
    ["100.64.0.5:7", "100.64.0.5", 7],
    ["[fd7a:115c:a1e0::5]:80", "fd7a:115c:a1e0::5", 80],
    ["fd7a:115c:a1e0::5", "fd7a:115c:a1e0::5", undefined],
  ])("%s", (text, host, port) => {
    expect(splitTarget(text)).toEqual({ host, port });
  });

  test.each(["", ":80", "server:", "server:http"])("not %j", (text) => {
    expect(() => splitTarget(text)).toThrow("no node, name or address");
  });

  test.each(["server:0", "server:70000", "[::1]:99999"])("no port: %j", (text) => {
    expect(() => splitTarget(text)).toThrow("there is no port");
  });
});
