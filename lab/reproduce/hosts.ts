import { isIP } from "node:net";
import { prefix } from "../topology/prefix.ts";
import type { LabDeclaration } from "../topology/schema.ts";
import { assumed, type Draft, saw } from "./draft.ts";
import type { HostFacts, TailnetFacts } from "./facts.ts";
import type { ValidNames } from "./names.ts";
import { networkAround } from "./networks.ts";
import { hostsOf } from "./policy-facts.ts";
import { servicesFor } from "./services.ts";

type DeclaredHost = Extract<LabDeclaration["nodes"][string], { kind: "host" }>;

/** Machines without Tailscale: those that were captured, then those that the policy and DNS name. */
export function addHosts(draft: Draft, facts: TailnetFacts, names: ValidNames): void {
  for (const host of facts.hosts) addCaptured(draft, host);
  for (const { name, address, ports } of hostsOf(facts)) {
    addNamed(draft, names.of(name), address, "the policy's hosts", servicesFor(ports));
  }
  for (const { name, value } of facts.extraRecords?.value ?? []) {
    addNamed(draft, names.of(name.split(".")[0] ?? name), value, `the record ${name}`, []);
  }
}

function addCaptured(draft: Draft, host: HostFacts): void {
  const { name } = host;
  const address = host.lan?.value.address;
  const network = address === undefined ? undefined : placeOf(draft, address);
  if (address === undefined || network === undefined) {
    draft.leftOut.push(`${name}: a machine without Tailscale in no LAN of the topology's`);
    return;
  }
  const isOnInternet = network === "internet";
  const services = servicesFor(host.listening?.value ?? []);
  draft.declaration.nodes[name] = {
    kind: "host",
    network,
    ...(isOnInternet || isTaken(draft, address, network) ? {} : { address }),
    ...(services.length === 0 ? {} : { services }),
  };
  saw(draft, ["nodes", name], host.lan?.from ?? "");
  if (services.length > 0) {
    saw(draft, ["nodes", name, "services"], `the ports (${host.listening?.from})`);
    assumed(draft, ["nodes", name, "services"], "what listens there, by the port's number");
  }
}

function placeOf(draft: Draft, address: string): string | undefined {
  return networkAround(draft, address);
}

function addNamed(
  draft: Draft,
  name: string,
  address: string,
  from: string,
  services: NonNullable<DeclaredHost["services"]>,
): void {
  const network = isIP(address) === 4 ? networkAround(draft, address) : undefined;
  if (network === undefined || isTaken(draft, address, network)) return;
  draft.declaration.nodes[name] = {
    kind: "host",
    network,
    address,
    services: services.length === 0 ? [{ kind: "http", port: 80 }] : services,
  };
  saw(draft, ["nodes", name], from);
  const path = ["nodes", name, "services"];
  if (services.length === 0) assumed(draft, path, "nothing tells what listens there");
  else assumed(draft, path, "what the policy lets anyone use there");
}

/** Whether the address is a node's, or the router's. */
export function isTaken(draft: Draft, address: string, network: string): boolean {
  const lan = draft.declaration.networks?.[network]?.lan;
  if (lan !== undefined && prefix(address).first <= prefix(lan).first + 1n) return true;
  return Object.values(draft.declaration.nodes).some(
    (node) => node.network === network && node.address === address,
  );
}
