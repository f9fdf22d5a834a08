import versions from "../../versions.json" with { type: "json" };
import { LabError } from "../errors.ts";
import { policyUsers, readPolicy } from "../topology/policy.ts";
import { internet, type Topology } from "../topology/schema.ts";
import { relayName, routerName } from "./addresses.ts";
import { type Allocation, emptyAllocation } from "./allocation.ts";
import { dockerName } from "./docker-name.ts";
import { controlUrl } from "./headscale-config.ts";
import { controlServer } from "./kinds/control.ts";
import { dnsServer } from "./kinds/dns.ts";
import { host } from "./kinds/host.ts";
import { relay } from "./kinds/relay.ts";
import { router } from "./kinds/router.ts";
import { tailscaleNode } from "./kinds/tailscale.ts";
import { type Machine, type Placement, planContainer } from "./machine.ts";
import { type LabNetwork, resolveNetwork, segmentNames } from "./network.ts";
import { label, type Plan } from "./plan.ts";
import { settingsContainer } from "./settings.ts";
import { planVolumes } from "./volumes.ts";

export interface PlanOptions {
  /** The lab's name; the topology's where absent. */
  lab?: string;
  /** Who starts the lab: `stack`, or the id of a scenario's run. */
  run: string;
  /** What an earlier plan of the lab gave, with the number of Docker's subnet of every segment. */
  allocation: Allocation;
  /** Tokens are made from it; the same for all plans of a lab, and known to nobody else. */
  secret: string;
  /** The policy as HuJSON. Absent: everyone may reach everything. */
  policyText?: string | undefined;
}

/** Options for a plan that is not to run: of what it needs, before anything is reserved for it. */
export function draftOptions(topology: Topology): Pick<PlanOptions, "allocation" | "secret"> {
  const names = segmentNames(topology);
  const subnets = Object.fromEntries(names.map((name, index) => [name, index % 256]));
  return { allocation: emptyAllocation(subnets), secret: "draft" };
}

/**
 * What has to run for a topology. Pure: the same arguments give the same plan.
 *
 * @throws LabError `TopologyInvalid` where machines don't fit on their segment, or the policy is no
 *   HuJSON; `PoolExhausted` where a segment has no subnet in 198.19.0.0/16.
 */
export function planLab(topology: Topology, options: PlanOptions): Plan {
  const lab = options.lab ?? topology.name;
  const labels = { [label.lab]: lab, [label.run]: options.run };
  const network = resolveNetwork(topology, options.allocation);
  const machines = machinesOf(topology, network, lab, options.secret);
  const { policyText, secret } = options;
  const policy =
    policyText === undefined ? undefined : { text: policyText, users: users(policyText) };
  const nodes = machines.flatMap(({ spec }) => (spec.kind === "tailscale" ? [spec.name] : []));
  return {
    schema: 1,
    lab,
    run: options.run,
    tailnet: { domain: topology.tailnet.domain, controlUrl },
    volumes: planVolumes(lab, labels, nodes),
    networks: [...network.segments].map(([name, { dockerSubnet }]) => ({
      name,
      dockerName: dockerName(lab, name),
      dockerSubnet,
      labels,
      // A bare segment: no address of the host on it, and no way out. Not `internal`: its rules
      // drop every routed packet where bridge-nf-call-iptables is 1.
      driverOptions: {
        "com.docker.network.bridge.inhibit_ipv4": "true",
        "com.docker.network.bridge.enable_ip_masquerade": "false",
      },
    })),
    containers: [
      settingsContainer(topology, network, { lab, labels, secret, policy }),
      ...machines.map((machine) => planContainer(lab, labels, machine)),
    ],
    allocation: network.allocation,
  };
}

/** The lab's own servers first, then the routers, then what is declared. */
function machinesOf(
  topology: Topology,
  network: LabNetwork,
  lab: string,
  secret: string,
): Machine[] {
  const tailscale = topology.versions.tailscale ?? versions.tailscale;
  const headscale = topology.versions.headscale ?? versions.headscale;
  const parts = { version: tailscale, domain: topology.tailnet.domain, secret };
  const at = (name: string, inNetwork: string = internet): Placement => ({
    lab,
    name,
    interfaces: network.interfacesOf(name),
    gateway: network.gatewayOf(inNetwork),
  });
  const machines = [
    controlServer(headscale, at("control")),
    dnsServer(at("dns")),
    ...Object.keys(topology.relays).map((code) =>
      relay(code, tailscale, secret, at(relayName(code))),
    ),
  ];
  for (const [name, { nat, upstream }] of Object.entries(topology.networks)) {
    if (nat !== "none") machines.push(router(name, nat, at(routerName(name), upstream)));
  }
  for (const [name, node] of Object.entries(topology.nodes)) {
    const placement = at(name, node.network);
    machines.push(
      node.kind === "host" ? host(node, placement) : tailscaleNode(node, parts, placement),
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
