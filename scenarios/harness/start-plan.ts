import type Dockerode from "dockerode";
import { startsFirst } from "../../lab/engine/create-container.ts";
import { EndpointQueue } from "../../lab/engine/endpoint-queue.ts";
import type { ImageKey, Plan, PlannedContainer } from "../../lab/plan/plan.ts";
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
  using endpoints = new EndpointQueue(engine);
  const start = (planned: PlannedContainer) =>
    new LabContainer(engine, planned, imageOf(planned.image), plan.networks, endpoints).start();
  const first = plan.containers.filter(startsFirst);
  const others = plan.containers.filter((each) => !startsFirst(each));
  await Promise.all(first.map(start));
  await Promise.all(others.map(start));
}
