import { describe, expect, test } from "vitest";
import { imageFault } from "../../lab/images/engine.ts";

const ref = "tailnet-lab/tailscale:1.102.5-0123456789ab";

describe("why an image could not be made", () => {
  test.each([
    ["write /x: no space left on device", "DiskFull"],
    ["ENOSPC: write", "DiskFull"],
    ["connect ECONNREFUSED /var/run/docker.sock", "EngineLost"],
    ["connect ENOENT /var/run/docker.sock", "EngineLost"],
    ["socket hang up", "EngineLost"],
    ["go mod download: unknown revision v9.9.9", "ImageUnbuildable"],
  ])("%s: %s", (words, name) => {
    const fault = imageFault(ref, new Error(words));
    expect(fault.name).toBe(name);
    expect(fault.where).toBe(ref);
    expect(fault.remedy).toBeDefined();
  });

  test("the tool's own words are kept", () => {
    expect(imageFault(ref, new Error("unknown revision v9.9.9")).message).toContain(
      "unknown revision v9.9.9",
    );
  });
});
