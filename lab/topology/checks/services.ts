import type { ValidationIssue } from "../../errors.ts";
import type { Service, Topology, TopologyNode } from "../schema.ts";
import { isTailnetOnly } from "../tailnet-only.ts";

/** The UDP port that tailscaled itself listens on. */
const wireGuardPort = 41_641;
const dnsPort = 53;

/** Listening services: one a port and protocol, and DNS servers that answer for their own domain. */
export function serviceIssues(topology: Topology): ValidationIssue[] {
  return Object.entries(topology.nodes).flatMap(([name, node]) => [
    ...portIssues(name, node),
    ...publishedIssues(name, node),
    ...node.services.flatMap((service, index) =>
      recordIssues(`nodes.${name}.services[${index}]`, service),
    ),
  ]);
}

function portIssues(name: string, node: TopologyNode): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const holders = new Map<string, string>();
  if (node.kind === "tailscale") holders.set(`UDP port ${wireGuardPort}`, "tailscaled");
  for (const [index, service] of node.services.entries()) {
    for (const socket of socketsOf(service)) {
      const holder = holders.get(socket);
      if (holder !== undefined) {
        issues.push({
          where: `nodes.${name}.services[${index}]`,
          what: `${socket} is taken by ${holder}`,
          remedy: "take another port, or leave one of them out",
        });
      }
      holders.set(socket, holder ?? `services[${index}] (${service.kind})`);
    }
  }
  return issues;
}

function publishedIssues(name: string, node: TopologyNode): ValidationIssue[] {
  if (node.kind === "tailscale") return [];
  return node.services.flatMap((service, index) =>
    isTailnetOnly(service)
      ? [
          {
            where: `nodes.${name}.services[${index}].tailnetOnly`,
            what: `${name} is a host, without Tailscale to publish anything`,
            remedy: "make it a tailscale node, or leave tailnetOnly out",
          },
        ]
      : [],
  );
}

function socketsOf(service: Service): string[] {
  switch (service.kind) {
    case "dns":
      return [`UDP port ${dnsPort}`, `TCP port ${dnsPort}`];
    case "udp-echo":
      return [`UDP port ${service.port}`];
    default:
      return [`TCP port ${service.port}`];
  }
}

function recordIssues(where: string, service: Service): ValidationIssue[] {
  if (service.kind !== "dns") return [];
  return Object.keys(service.records)
    .filter((record) => record !== service.domain && !record.endsWith(`.${service.domain}`))
    .map((record) => ({
      where: `${where}.records["${record}"]`,
      what: `${record} is outside ${service.domain}, so this server never answers for it`,
      remedy: `write a name that ends in .${service.domain}`,
    }));
}
