import type { Unseen } from "../evidence/observation.ts";
import type { HostObservations, Observations } from "../evidence/observations.ts";
import type { HostFacts, TailnetFacts } from "./facts.ts";
import { from } from "./from.ts";
import { lanOf } from "./lan.ts";
import { nodeFacts } from "./node-facts.ts";
import { outagesOf } from "./outages.ts";
import { downState } from "./own-faults.ts";
import { providersAside } from "./providers.ts";
import { servicePorts } from "./sockets.ts";
import { first, taken } from "./taken.ts";

/** What of a tailnet its machines' outputs tell. */
export function readFacts(seen: Observations): TailnetFacts {
  const settings = {
    ...dnsFacts(seen),
    relays: first(
      nodesOf(seen).map(({ netmap }) =>
        taken(netmap, ({ relays }) =>
          relays.length === 0 ? undefined : relays.map(({ code, name }) => ({ code, name })),
        ),
      ),
    ),
    policy: taken(seen.control?.policy, (text) => (text.trim() === "" ? undefined : text)),
  };
  return {
    nodes: nodeFacts(seen),
    hosts: [...seen.hosts.values()].map(hostFacts),
    outages: outagesOf(seen),
    unread: unreadOf(seen),
    aside: providersAside(seen),
    ...(Object.fromEntries(
      Object.entries(settings).filter(([, value]) => value !== undefined),
    ) as Partial<TailnetFacts>),
  };
}

/** Headscale's configuration counts most; a node's own view leaves out what it does not accept. */
function dnsFacts(seen: Observations) {
  const nodes = nodesOf(seen);
  const config = seen.control?.config;
  return {
    domain: first([
      taken(config, ({ baseDomain }) => baseDomain || undefined),
      ...nodes.map(({ dns }) => taken(dns, ({ domain }) => domain || undefined)),
      ...nodes.map(({ status }) => taken(status, ({ domain }) => domain || undefined)),
    ]),
    magicDns: first([
      taken(config, ({ magicDns }) => magicDns),
      ...nodes.map(({ dns }) => taken(dns, ({ isMagic }) => isMagic)),
    ]),
    nameservers: first([
      taken(config, ({ nameservers }) => nameservers),
      ...nodes.map(({ dns }) => taken(dns, ({ resolvers }) => resolvers)),
      ...nodes.map(({ netmap }) => taken(netmap, ({ dns }) => dns.resolvers)),
    ]),
    splitDns: first([
      taken(config, ({ splitDns }) => splitDns),
      ...nodes.map(({ dns }) => taken(dns, ({ splitDns }) => splitDns)),
      ...nodes.map(({ netmap }) => taken(netmap, ({ dns }) => dns.routes)),
    ]),
    extraRecords: first(
      nodes.map(({ netmap }) =>
        taken(netmap, ({ dns }) =>
          dns.extraRecords.length === 0
            ? undefined
            : dns.extraRecords.map(({ name, value }) => ({ name, type: "", value })),
        ),
      ),
    ),
  };
}

function hostFacts(host: HostObservations): HostFacts {
  const [address] = host.machine.addresses ?? [];
  const known =
    address === undefined
      ? undefined
      : { value: { address, length: 32 }, from: `${host.machine.name}'s known address` };
  const lan = lanOf(host) ?? known;
  const listening = taken(host.sockets, servicePorts);
  const down = downState(host);
  return {
    name: host.machine.name,
    ...(lan === undefined ? {} : { lan }),
    ...(listening === undefined ? {} : { listening }),
    ...(down === undefined ? {} : { down }),
  };
}

function nodesOf(seen: Observations) {
  return [...seen.tailscale.values()];
}

/** Outputs that are there and could not be read; what is not there is told where something is assumed instead. */
function unreadOf(seen: Observations): string[] {
  const machines = [...seen.tailscale.values(), ...seen.hosts.values(), seen.control];
  return machines.flatMap((machine) =>
    Object.values(machine ?? {})
      .filter((part): part is Unseen => typeof part === "object" && part?.kind === "unseen")
      .filter(({ why }) => !why.endsWith("is not in the folder"))
      .map((unseen) => `what can't be read: ${from(unseen)}: ${unseen.why}`),
  );
}
