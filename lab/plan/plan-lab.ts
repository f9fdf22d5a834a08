import versions from "../../versions.json" with { type: "json" };
import { LabError } from "../errors.ts";
import { policyUsers, readPolicy } from "../topology/policy.ts";
import { internet, type Topology } from "../topology/schema.ts";
import { gatewayOf, routerName } from "./addresses.ts";
import { controlUrl } from "./headscale-config.ts";
import { controlServer } from "./kinds/control.ts";
import { dnsServer } from "./kinds/dns.ts";
import { host } from "./kinds/host.ts";
import { relay } from "./kinds/relay.ts";
import { router } from "./kinds/router.ts";
import { tailscaleNode } from "./kinds/tailscale.ts";
import { dockerName, type Machine, type Placement, planContainer, volumeName } from "./machine.ts";
import { label, type Plan } from "./plan.ts";
import { dockerSubnet, planInterfaces, relayName, segmentsOf } from "./segments.ts";

export interface PlanOptions {
  /** The lab's name; the topology's where absent. */
  lab?: string;
  /** Who starts the lab: `stack`, or the id of a scenario's run. */
  run: string;
  /** The first of the free /24 networks in 198.19.0.0/16 that Docker may use: 0 to 255. */
  dockerPool: number;
  /** The policy as HuJSON. Absent: everyone may reach everything. */
  policyText?: string | undefined;
}

/** How many /24 networks of Docker's the plan of a topology takes. */
export function poolSize(topology: Topology): number {
  return segmentsOf(topology).length;
}

/**
 * What has to run for a topology. Pure: the same arguments give the same plan.
 *
 * @throws LabError `TopologyInvalid` where machines don't fit on their segment, or the policy is no
 *   HuJSON; `PoolExhausted` where Docker's networks would leave 198.19.0.0/16.
 */
export function planLab(topology: Topology, options: PlanOptions): Plan {
  const lab = options.lab ?? topology.name;
  const labels = { [label.lab]: lab, [label.run]: options.run };
  const machines = machinesOf(topology, options);
  return {
    schema: 1,
    lab,
    run: options.run,
    tailnet: { domain: topology.tailnet.domain, controlUrl },
    volumes: [{ name: "tailnet", dockerName: volumeName(lab), labels }],
    networks: segmentsOf(topology).map((name, index) => ({
      name,
      dockerName: dockerName(lab, name),
      dockerSubnet: `${dockerSubnet(options.dockerPool, index)}.0/24`,
      labels,
      // A bare segment: no address of the host on it, and no way out. Not `internal`: its rules
      // drop every routed packet where bridge-nf-call-iptables is 1.
      driverOptions: {
        "com.docker.network.bridge.inhibit_ipv4": "true",
        "com.docker.network.bridge.enable_ip_masquerade": "false",
      },
    })),
    containers: machines.map((machine) => planContainer(lab, labels, machine)),
  };
}

/** The lab's own servers first, then the routers, then what is declared. */
function machinesOf(topology: Topology, { dockerPool, policyText }: PlanOptions): Machine[] {
  const tailscale = topology.versions.tailscale ?? versions.tailscale;
  const headscale = topology.versions.headscale ?? versions.headscale;
  const interfaces = planInterfaces(topology, dockerPool);
  const at = (name: string, network: string = internet): Placement => ({
    name,
    interfaces: interfaces.get(name) ?? [],
    gateway: gatewayOf(topology, network),
  });
  const addressOf = (node: string) => interfaces.get(node)?.[0]?.addresses[0]?.split("/")[0];
  const policy =
    policyText === undefined ? undefined : { text: policyText, users: users(policyText) };

  const machines = [
    controlServer(topology, { version: headscale, policy, addressOf }, at("control")),
    dnsServer(topology, addressOf, at("dns")),
    ...Object.keys(topology.relays).map((code) => relay(code, tailscale, at(relayName(code)))),
  ];
  for (const [name, { nat, upstream }] of Object.entries(topology.networks)) {
    if (nat !== "none") machines.push(router(name, nat, at(routerName(name), upstream)));
  }
  for (const [name, node] of Object.entries(topology.nodes)) {
    const placement = at(name, node.network);
    machines.push(
      node.kind === "host"
        ? host(topology, node, placement)
        : tailscaleNode(topology, node, tailscale, placement),
    );
  }
  return machines;
}

function users(policyText: string): string[] {
  const { policy, issues } = readPolicy(policyText, "policy");
  if (policy === undefined) {
    throw new LabError("TopologyInvalid", "the policy can't be read", { issues });
  }
  return policyUsers(policy);
}
