import { expect, test } from "vitest";
import { createOptions } from "../../lab/engine/create-container.ts";
import { label } from "../../lab/plan/plan.ts";

test("a volume that the engine makes for a mount is labelled as the lab's and the run's", () => {
  const owner = { [label.lab]: "homelab", [label.run]: "stack" };
  const { HostConfig } = createOptions({
    dockerName: "tailnet-lab-homelab.laptop",
    hostname: "laptop",
    image: "tailnet-lab/base",
    command: ["true"],
    environment: {},
    capabilities: [],
    securityOptions: [],
    devices: [],
    sysctls: {},
    cpuShares: 1024,
    mounts: [{ volume: "tailnet-lab-homelab.network", path: "/lab/network", readOnly: true }],
    labels: { ...owner, [label.node]: "laptop" },
    networks: [],
  });
  expect(HostConfig?.Mounts?.map(({ VolumeOptions }) => VolumeOptions?.Labels)).toEqual([owner]);
});
