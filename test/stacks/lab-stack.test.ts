import { Testing } from "cdktf";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { ImageKey } from "../../lab/plan/plan.ts";
import { addLab } from "../../stacks/lab-stack.ts";
import { tinyPlan } from "./tiny-plan.ts";

const imageRef = (key: ImageKey) => `tailnet-lab/${key.program}:test`;
const json = Testing.synthScope((scope) => {
  addLab(scope, { plan: tinyPlan, imageRef, origin: "/labs/.tailnet-lab/tiny" });
});
const resources = z
  .object({ resource: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.any()))) })
  .parse(JSON.parse(json)).resource;
const containers = resources.docker_container ?? {};

describe("the stack of a plan", () => {
  test("is this JSON", () => {
    expect(json).toMatchSnapshot();
  });

  test("has one container for each of the plan's, and one image for each reference", () => {
    expect(Object.keys(containers)).toEqual(["node-laptop", "node-router-home"]);
    expect(Object.keys(resources.docker_image ?? {})).toEqual([
      "image-base",
      "image-tailscale-1-102-5",
    ]);
  });

  test("starts again what does not run, but what may stand still", () => {
    const withStill = Testing.synthScope((scope) => {
      addLab(scope, { plan: tinyPlan, imageRef, origin: "/labs/x", still: ["laptop"] });
    });
    const { docker_container: all } = JSON.parse(withStill).resource;
    expect(all["node-laptop"].must_run).toBe(false);
    expect(all["node-router-home"].must_run).toBe(true);
  });

  test("orders containers by reference alone, so that they start together", () => {
    expect(json).not.toContain("depends_on");
    expect(containers["node-laptop"]?.networks_advanced).toEqual([
      { name: `\${docker_network.network-home.id}`, ipv4_address: "198.19.8.3" },
    ]);
    expect(containers["node-laptop"]?.mounts[0].source).toBe(
      `\${docker_volume.volume-tailnet.name}`,
    );
  });

  test("keeps a script's dollar and percent signs from Terraform's templates", () => {
    expect(containers["node-laptop"]?.upload[0].content).toBe(
      `#!/bin/sh\necho "$\${1:-none} %%{percent} $$ $HOME"\n`,
    );
    expect(containers["node-laptop"]?.env).toEqual([`TS_DEBUG=$\${x}`]);
  });

  test("replaces the image's entry point and never privileges a container", () => {
    expect(containers["node-laptop"]).toMatchObject({
      entrypoint: ["/bin/sh"],
      command: ["/lab/boot"],
      restart: "no",
      must_run: true,
    });
    expect(json).not.toContain("privileged");
    expect(json).not.toContain("docker.sock");
  });

  test("drops every capability but those that are planned, and lets no program gain any", () => {
    expect(containers["node-laptop"]).toMatchObject({
      capabilities: { add: ["CAP_NET_ADMIN", "CAP_NET_RAW"], drop: ["ALL"] },
      security_opts: ["no-new-privileges"],
    });
  });

  test("says limits, no network and an end as the registry's provider understands them", () => {
    const [, laptop] = tinyPlan.containers;
    if (laptop === undefined) throw new Error("the plan has no second container");
    const planned = { processLimit: 300, memoryLimit: 64, oneShot: true as const, interfaces: [] };
    const plan = { ...tinyPlan, containers: [{ ...laptop, ...planned }] };
    const synthesised = Testing.synthScope((scope) =>
      addLab(scope, { plan, imageRef, origin: "/o" }),
    );
    const { "node-laptop": container } = JSON.parse(synthesised).resource.docker_container;
    expect(container).toMatchObject({
      must_run: false,
      attach: true,
      network_mode: "none",
      memory: 64,
      memory_swap: 64,
      networks_advanced: [],
      labels: expect.arrayContaining([{ label: "tailnet-lab.process-limit", value: "300" }]),
    });
  });

  test("takes an empty file from one, as the registry's provider refuses empty content", () => {
    const containers = tinyPlan.containers.map((container) => ({
      ...container,
      files: [{ path: "/lab/users", content: "" }],
    }));
    const synthesised = Testing.synthScope((scope) =>
      addLab(scope, { plan: { ...tinyPlan, containers }, imageRef, origin: "/o" }),
    );
    expect(JSON.parse(synthesised).resource.docker_container["node-laptop"].upload).toEqual([
      { file: "/lab/users", source: "/dev/null" },
    ]);
  });

  test("refuses a container on a network that the plan lacks", () => {
    const plan = { ...tinyPlan, networks: tinyPlan.networks.slice(0, 1) };
    expect(() =>
      Testing.synthScope((scope) => addLab(scope, { plan, imageRef, origin: "/o" })),
    ).toThrow("no network home");
  });
});
