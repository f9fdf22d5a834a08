import { container } from "./container.ts";
import { image } from "./image.ts";
import { network } from "./network.ts";
import type { ResourceType } from "./resource.ts";
import { volume } from "./volume.ts";

const resources: Record<string, ResourceType> = {
  docker_container: container,
  docker_image: image,
  docker_network: network,
  docker_volume: volume,
};

export const resourceTypes = Object.entries(resources);

/** @throws Error for a type that a stack does not use. */
export function resourceType(name: string): ResourceType {
  const type = resources[name];
  if (type === undefined) throw new Error(`The embedded provider has no resource ${name}.`);
  return type;
}
