import { isIP } from "node:net";
import { domainPattern, resolvedDomainPattern } from "../topology/domain.ts";
import { overlaps, prefix } from "../topology/prefix.ts";
import { labDomain } from "../topology/reserved.ts";
import type { LabDeclaration } from "../topology/schema.ts";
import { assumed, type Draft, saw } from "./draft.ts";
import type { TailnetFacts } from "./facts.ts";
import { isTaken } from "./hosts.ts";
import type { ValidNames } from "./names.ts";
import { networkAround } from "./networks.ts";

type Dns = NonNullable<NonNullable<LabDeclaration["tailnet"]>["dns"]>;

const shared = prefix("100.64.0.0/10");

/** The tailnet's domain and its DNS settings, with servers for split DNS in the LANs that they are in. */
export function addDns(draft: Draft, facts: TailnetFacts, names: ValidNames): void {
  const tailnet: NonNullable<LabDeclaration["tailnet"]> = { ...draft.declaration.tailnet };
  draft.declaration.tailnet = tailnet;
  addDomain(draft, facts, tailnet);
  const dns: Dns = {};
  tailnet.dns = dns;
  const path = ["tailnet", "dns"];
  if (facts.magicDns !== undefined) {
    dns.magicDns = facts.magicDns.value;
    saw(draft, [...path, "magicDns"], facts.magicDns.from);
  }
  addNameservers(draft, facts, dns);
  for (const [domain, servers] of Object.entries(facts.splitDns?.value ?? {})) {
    addSplit(draft, { domain, servers, from: facts.splitDns?.from ?? "" }, dns, names);
  }
  addRecords(draft, facts, dns, tailnet.domain ?? "tailnet.lab");
}

function addDomain(
  draft: Draft,
  facts: TailnetFacts,
  tailnet: NonNullable<LabDeclaration["tailnet"]>,
): void {
  const path = ["tailnet", "domain"];
  const { domain } = facts;
  if (domain === undefined) return;
  const isLabs = domain.value === labDomain || domain.value.endsWith(`.${labDomain}`);
  if (!domainPattern.test(domain.value) || isLabs) {
    draft.leftOut.push(
      `the tailnet's domain ${domain.value} (${domain.from}): a lab can't have it`,
    );
    return;
  }
  tailnet.domain = domain.value;
  saw(draft, path, domain.from);
}

function addNameservers(draft: Draft, facts: TailnetFacts, dns: Dns): void {
  if (facts.nameservers === undefined) return;
  const { value, from } = facts.nameservers;
  const path = ["tailnet", "dns", "nameservers"];
  saw(draft, path, `${value.length === 0 ? "none" : value.join(", ")} (${from})`);
  dns.nameservers = [
    ...new Set(
      value.map((server) => {
        if (isIP(server) === 4 && networkAround(draft, server) !== undefined) return server;
        assumed(draft, path, `the simulated internet's in place of ${server}`);
        return "internet" as const;
      }),
    ),
  ];
}

function addSplit(
  draft: Draft,
  { domain, servers, from }: { domain: string; servers: readonly string[]; from: string },
  dns: Dns,
  names: ValidNames,
): void {
  const name = domain.replace(/\.$/, "").toLowerCase();
  const usable = servers.filter((server) => isIP(server) !== 0 && !isOfTailnet(server));
  if (!resolvedDomainPattern.test(name) || usable.length === 0) {
    const why = servers.some(isOfTailnet)
      ? "its server is in the tailnet, where a lab's nodes have other addresses"
      : "no lab's DNS can have it";
    draft.leftOut.push(`split DNS for ${domain} (${from}): ${why}`);
    return;
  }
  dns.splitDns = { ...dns.splitDns, [name]: usable };
  saw(draft, ["tailnet", "dns", "splitDns", name], from);
  for (const server of usable) addServer(draft, name, server, names);
}

/** A server whose own records nobody printed: it answers, and knows no name. */
function addServer(draft: Draft, domain: string, address: string, names: ValidNames): void {
  const network = isIP(address) === 4 ? networkAround(draft, address) : undefined;
  if (network === undefined) return;
  const service = { kind: "dns" as const, domain, records: {} };
  const known = Object.entries(draft.declaration.nodes).find(
    ([, node]) => node.network === network && node.address === address,
  );
  if (known !== undefined) {
    const [name, node] = known;
    const others = (node.services ?? []).filter(({ kind, ...rest }) => {
      return kind !== "dns" && !("port" in rest && rest.port === 53);
    });
    const served = (node.services ?? []).some(({ kind }) => kind === "dns");
    if (served) return;
    node.services = [...others, service];
    assumed(draft, ["nodes", name, "services"], `${domain}, whose records were not seen`);
    return;
  }
  if (isTaken(draft, address, network)) return;
  const name = names.of(`dns-${address}`);
  draft.declaration.nodes[name] = { kind: "host", network, address, services: [service] };
  assumed(draft, ["nodes", name], `the server for ${domain}, whose records were not seen`);
}

function addRecords(draft: Draft, facts: TailnetFacts, dns: Dns, domain: string): void {
  if (facts.extraRecords === undefined) return;
  const { value, from } = facts.extraRecords;
  const magic = Object.entries(draft.declaration.nodes).flatMap(([name, { kind }]) =>
    kind === "tailscale" ? [`${name}.${domain}`] : [],
  );
  const records = value.flatMap(({ name, type, value: address }) => {
    const lower = name.replace(/\.$/, "").toLowerCase();
    const wanted = type === "" ? (isIP(address) === 6 ? "AAAA" : "A") : type;
    const isFit =
      domainPattern.test(lower) &&
      ((wanted === "A" && isIP(address) === 4) || (wanted === "AAAA" && isIP(address) === 6));
    const why = !isFit
      ? "no lab's DNS can have it"
      : isOfTailnet(address)
        ? "its address is in the tailnet, where a lab's nodes have others"
        : magic.includes(lower)
          ? "it is the name of a node"
          : undefined;
    if (why === undefined) return [{ name: lower, type: wanted as "A" | "AAAA", value: address }];
    draft.leftOut.push(`the record ${name} (${from}): ${why}`);
    return [];
  });
  if (records.length === 0) return;
  dns.extraRecords = records;
  saw(draft, ["tailnet", "dns", "extraRecords"], from);
}

function isOfTailnet(address: string): boolean {
  if (address.startsWith("fd7a:115c:a1e0:")) return true;
  return isIP(address) === 4 && overlaps(shared, prefix(address));
}
