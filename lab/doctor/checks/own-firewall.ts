import { droppedBy } from "../../evidence/firewall.ts";
import { seenValue } from "../../evidence/observation.ts";
import type { TailscaleObservations } from "../../evidence/observations.ts";
import { covers, isDefault, lengthOf, magicDnsAddresses } from "../../evidence/prefix.ts";
import { isNameMissing, isUntrusted } from "../../evidence/probes.ts";
import { isTunnel, ownPrefixes } from "../../evidence/where.ts";
import { type Check, type Look, seen } from "../check.ts";
import type { Seen } from "../finding.ts";
import { answers, asFix, seenRule, toPort, withoutRule } from "../firewall-rule.ts";

/** TL130 own-firewall-drops: what a node needs of the internet fails, and its own rules drop just that. */
export const ownFirewall: Check = {
  finds: ["TL130"],
  step: "machine",
  explainedBy: ["TL118", "TL119"],
  run(look) {
    for (const node of look.observations.tailscale.values()) {
      const failed = failuresOf(look, node);
      const rules = failed.length === 0 ? undefined : look.read(node.firewall);
      if (rules === undefined) continue;
      const dropped = failed.flatMap((failure) => {
        const [first] = packetsOf(node, failure).flatMap((packet) => {
          const by = droppedBy(rules, packet);
          return by === undefined ? [] : [{ ...failure, by, isAnswer: packet.isAnswer }];
        });
        return first === undefined ? [] : [first];
      });
      const [first] = dropped;
      if (first === undefined) continue;
      const { name } = node.machine;
      const ports = [...new Set(dropped.map(({ protocol, port }) => `${protocol}/${port}`))];
      look.found({
        code: "TL130",
        node: name,
        what: `a firewall on ${name} drops what it sends itself, or the answers: ${ports.join(", ")}`,
        seen: [seenRule(node.firewall, first.by), first.seen],
        why: "tailscaled needs TCP 443 to control and the relays, UDP to the relays and its peers, and its resolvers, as programs need 100.100.100.100; a drop in any base chain is final",
        fix: [
          ...new Set(
            dropped.flatMap(({ by, protocol, port, isAnswer }) =>
              asFix(name, withoutRule(by, isAnswer ? answers : toPort(protocol, port))),
            ),
          ),
        ],
        explains: dropped.map(({ what }) => `${name} ${what}`),
      });
    }
  },
};

/** What a node tried, and got no answer to. */
interface Failure {
  protocol: "tcp" | "udp";
  port: number;
  /** An address, or a name. */
  to: string;
  what: string;
  seen: Seen;
}

function failuresOf(look: Look, node: TailscaleObservations): Failure[] {
  const { controlProbe, netcheck, netmap, relayProbes, resolverProbes } = node;
  const { name } = node.machine;
  const failures: Failure[] = [];
  const control = controlProbe.kind === "seen" ? controlProbe.value : undefined;
  if (control !== undefined && control.status === undefined && URL.canParse(control.url)) {
    const { hostname, port, protocol } = new URL(control.url);
    if (!isNameMissing(control) && !isUntrusted(control)) {
      failures.push({
        protocol: "tcp",
        port: Number(port) || (protocol === "http:" ? 80 : 443),
        to: hostname,
        what: "does not reach the control server",
        seen: {
          node: name,
          command: `curl -m 4 ${control.url}/key?v=142`,
          line: control.error || "no answer",
        },
      });
    }
  }
  const relays = netmap.kind === "seen" ? netmap.value.relays.flatMap(({ hosts }) => hosts) : [];
  for (const { host, https } of look.read(relayProbes) ?? []) {
    const relay = relays.find(({ hostname }) => hostname === host);
    if (relay === undefined || ![7, 28].includes(https.exitCode)) continue;
    failures.push({
      protocol: "tcp",
      port: relay.port,
      to: relay.ipv4 || host,
      what: `does not reach relay ${host}`,
      seen: {
        node: name,
        command: `curl -m 4 https://${host}:${relay.port}/generate_204`,
        line: https.text,
      },
    });
  }
  const [relay] = relays;
  if (netcheck.kind === "seen" && !netcheck.value.udp && relay !== undefined) {
    failures.push({
      protocol: "udp",
      port: relay.stunPort || 3478,
      to: relay.ipv4 || relay.hostname,
      what: "has no direct paths",
      seen: seen(netcheck, '"UDP": false'),
    });
  }
  for (const { server, status } of look.read(resolverProbes) ?? []) {
    if (status !== undefined || server.includes(":")) continue;
    const what = magicDnsAddresses.includes(server)
      ? "gets no answer of MagicDNS"
      : `gets no answer of the resolver ${server}`;
    failures.push({
      protocol: "udp",
      port: 53,
      to: server,
      what,
      seen: { node: name, command: `dig @${server} . NS`, line: "no servers could be reached" },
    });
  }
  return failures;
}

/** The question as it goes out, and the answer as it comes in. */
function packetsOf(node: TailscaleObservations, { protocol, port, to }: Failure) {
  const routes = node.routes.kind === "seen" ? node.routes.value : [];
  const [way] = routes
    .filter(({ type, prefix }) => type === "unicast" && (isDefault(prefix) || covers(prefix, to)))
    .filter(({ prefix }) => prefix.includes("."))
    .sort((a, b) => lengthOf(b.prefix) - lengthOf(a.prefix));
  const device = way?.device;
  // By the tunnel it is for the policy, and for whoever is behind it; MagicDNS is tailscaled itself.
  if (device === undefined || (isTunnel(device) && !magicDnsAddresses.includes(to))) return [];
  const own = isTunnel(device)
    ? seenValue(node.status)?.self?.addresses
    : ownPrefixes(node)
        .filter((each) => each.device === device)
        .map(({ address }) => address);
  const source = own?.find((address) => !address.includes(":"));
  if (source === undefined) return [];
  const question = { device, source, destination: to, port, protocol };
  const answer = { ...question, source: to, destination: source };
  return [
    { ...question, hook: "output", isAnswer: false } as const,
    { ...answer, hook: "input", isAnswer: true } as const,
  ];
}
