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
  const start = (planned: PlannedContainer) => {
    const image = imageOf(planned.image);
    const container = new LabContainer(engine, planned, image, plan.networks, endpoints);
    return { started: container.started, done: container.start() };
  };
  const first = plan.containers.filter(startsFirst).map(start);
  // The others' starts would slow control's down, for which all wait.
  await Promise.all(first.map(({ started }) => started));
  const others = plan.containers.filter((each) => !startsFirst(each)).map(start);
  await Promise.all([...first, ...others].map(({ done }) => done));
}
