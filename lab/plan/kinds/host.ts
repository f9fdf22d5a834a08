import type { HostNode } from "../../topology/schema.ts";
import { serverAddress } from "../addresses.ts";
import { bootScript, idle } from "../boot.ts";
import { type Machine, nodeSpec, type Placement } from "../machine.ts";
import { planServices, serviceSpecs } from "../services.ts";

/** A plain machine: its services and nothing else. */
export function host(node: HostNode, at: Placement): Machine {
  const services = planServices(node.services);
  const start = `step "start services"\n${services.start}\n${idle}`;
  return {
    spec: nodeSpec("host", at, { network: node.network, services: serviceSpecs(node) }),
    image: { program: "base" },
    interfaces: at.interfaces,
    boot: bootScript(at, { resolver: serverAddress.dns, start }),
    files: services.files,
  };
}
