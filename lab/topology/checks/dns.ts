import { isIP } from "node:net";
import type { ValidationIssue } from "../../errors.ts";
import { chooseFrom } from "../../near-name.ts";
import type { Declared } from "../declared.ts";
import { isPublic, namesWhere, nodeNamed } from "../placement.ts";
import { labDomain } from "../reserved.ts";
import type { Topology, TopologyNode } from "../schema.ts";

/** The tailnet's names and resolvers, and names on the simulated internet. */
export function dnsIssues(topology: Topology, declared: Declared): ValidationIssue[] {
  return [
    ...domainIssues(topology),
    ...splitDnsIssues(topology, declared),
    ...extraRecordIssues(topology),
    ...publicNameIssues(topology),
  ];
}

function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

function domainIssues({ tailnet }: Topology): ValidationIssue[] {
  if (!isWithin(tailnet.domain, labDomain)) return [];
  return [
    {
      where: "tailnet.domain",
      what: `${labDomain} is the domain of the control server and the relays`,
      remedy: "write another domain, such as tailnet.lab",
    },
  ];
}

function splitDnsIssues(topology: Topology, declared: Declared): ValidationIssue[] {
  const serving = (domain: string) => (node: TopologyNode) =>
    node.services.some((service) => service.kind === "dns" && isWithin(domain, service.domain));

  const issues: ValidationIssue[] = [];
  for (const [domain, resolvers] of Object.entries(topology.tailnet.dns.splitDns)) {
    const remedy = (name: string) =>
      chooseFrom(
        name,
        namesWhere(topology, serving(domain)),
        `declare a node with a dns service for ${domain}, or write a resolver's address`,
      );
    for (const [index, resolver] of resolvers.entries()) {
      if (isIP(resolver) !== 0) continue;
      const where = `tailnet.dns.splitDns["${domain}"][${index}]`;
      const node = nodeNamed(topology, resolver);
      if (node === undefined) {
        if (declared.nodes.has(resolver)) continue;
        issues.push({ where, what: `there is no node ${resolver}`, remedy: remedy(resolver) });
      } else if (!node.services.some(({ kind }) => kind === "dns")) {
        issues.push({ where, what: `${resolver} has no dns service`, remedy: remedy(resolver) });
      } else if (!serving(domain)(node)) {
        issues.push({
          where,
          what: `${resolver}'s dns service does not answer for ${domain}`,
          remedy: remedy(resolver),
        });
      }
    }
  }
  return issues;
}

function extraRecordIssues(topology: Topology): ValidationIssue[] {
  const { dns, domain } = topology.tailnet;
  const magicNames = new Map(
    namesWhere(topology, ({ kind }) => kind === "tailscale").map((name) => [
      `${name}.${domain}`,
      name,
    ]),
  );
  const issues: ValidationIssue[] = [];
  for (const [index, { name, type, value }] of dns.extraRecords.entries()) {
    const where = `tailnet.dns.extraRecords[${index}]`;
    const wanted = type === "A" ? 4 : 6;
    if (isIP(value) !== wanted) {
      issues.push({
        where: `${where}.value`,
        what: `${value} is no IPv${wanted} address, which ${type} holds`,
        remedy: `write an IPv${wanted} address, or type ${type === "A" ? "AAAA" : "A"}`,
      });
    }
    const node = magicNames.get(name);
    if (node !== undefined) {
      issues.push({
        where: `${where}.name`,
        what: `${name} is the MagicDNS name of node ${node}`,
        remedy: "choose another name",
      });
    }
  }
  return issues;
}

function publicNameIssues(topology: Topology): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const owners = new Map<string, string>();
  for (const [name, node] of Object.entries(topology.nodes)) {
    if (node.kind !== "host" || node.publicNames.length === 0) continue;
    const where = `nodes.${name}.publicNames`;
    if (topology.networks[node.network] !== undefined && !isPublic(topology, node.network)) {
      issues.push({
        where,
        what: `${node.network} is behind NAT: from the internet this host can't be reached`,
        remedy: "put it in network internet, or in one with nat none, or leave its names out",
      });
    }
    for (const [index, publicName] of node.publicNames.entries()) {
      const owner = owners.get(publicName);
      if (isWithin(publicName, labDomain)) {
        issues.push({
          where: `${where}[${index}]`,
          what: `${labDomain} is the domain of the control server and the relays`,
          remedy: "write another name, such as www.example.com",
        });
      } else if (owner !== undefined) {
        issues.push({
          where: `${where}[${index}]`,
          what: `${publicName} is ${owner === name ? "listed twice" : `${owner}'s already`}`,
          remedy: "give each name to one host, once",
        });
      }
      owners.set(publicName, owner ?? name);
    }
  }
  return issues;
}
