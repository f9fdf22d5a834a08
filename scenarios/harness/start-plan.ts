import type Dockerode from "dockerode";
import { EndpointQueue } from "../../lab/engine/endpoint-queue.ts";
import { type ImageKey, label, type Plan, type PlannedContainer } from "../../lab/plan/plan.ts";
import { settingsName } from "../../lab/plan/settings.ts";
import { LabContainer } from "./lab-container.ts";

/** Makes all that a plan names and starts it, all containers at once. Ready is another matter. */
export async function startPlan(
  engine: Dockerode,
  plan: Plan,
  imageOf: (key: ImageKey) => string,
): Promise<void> {
  await Promise.all([
    ...plan.volumes.map(({ dockerName, labels }) =>
      engine.createVolume({ Name: dockerName, Labels: labels }),
    ),
    ...plan.networks.map((network) =>
      engine.createNetwork({
        Name: network.dockerName,
        CheckDuplicate: true,
        Driver: "bridge",
        IPAM: { Driver: "default", Config: [{ Subnet: network.dockerSubnet }] },
        Options: network.driverOptions,
        Labels: network.labels,
      }),
    ),
  ]);
  using turns = new EndpointQueue(engine);
  const start = (planned: PlannedContainer) =>
    new LabContainer(engine, planned, imageOf(planned.image), plan.networks, turns).start();
  // First, as all nodes wait for them and control has most to do.
  const first = new Set<string | undefined>(["control", settingsName]);
  const isFirst = ({ labels }: PlannedContainer) => first.has(labels[label.kind]);
  await Promise.all(plan.containers.filter(isFirst).map(start));
  await Promise.all(plan.containers.filter((each) => !isFirst(each)).map(start));
}
