import { readPolicy } from "../topology/policy.ts";
import { prefix } from "../topology/prefix.ts";
import { internet, type LabDeclaration } from "../topology/schema.ts";
import { assumed, type Draft, saw } from "./draft.ts";
import type { HostFacts, NodeFacts, TailnetFacts } from "./facts.ts";
import { validUser } from "./names.ts";
import { isApprovedByRule } from "./policy-facts.ts";

type Faults = NonNullable<LabDeclaration["faults"]>;

/** What of a tailnet's state is a fault in a lab. */
export function addFaults(draft: Draft, facts: TailnetFacts): void {
  const faults: Faults = [
    ...pathFaults(draft, facts.nodes),
    ...mtuFaults(draft, facts.nodes),
    ...approvalFaults(draft, facts),
    ...loopbackFaults(draft, facts.nodes),
    ...hostnameFaults(draft, facts.nodes),
    ...cloneFaults(draft, facts.nodes),
    ...downFaults(draft, [...facts.nodes, ...facts.hosts]),
    ...facts.nodes.flatMap((node) => ownFaults(draft, node)),
  ];
  if (faults.length > 0) draft.declaration.faults = faults;
}

/** Where no UDP passes, or nothing at all. */
function pathFaults(draft: Draft, nodes: readonly NodeFacts[]): Faults {
  // Strict filtering drops the answers to its UDP on the machine itself.
  const filters = (node: NodeFacts) => node.faults?.some(({ value }) => value === "rp-filter");
  const places = placesWith(draft, nodes, {
    isSo: (node) => node.udp?.value === false && filters(node) !== true,
    isNot: ({ udp }) => udp?.value === true,
  });
  return [...places].map(([at, some]) => {
    const [first] = some;
    const isBehindRouter = draft.declaration.nodes[first?.name ?? ""]?.network !== internet;
    if (isBehindRouter && some.every(({ isCutOff }) => isCutOff !== undefined)) {
      saw(draft, ["faults"], `${at} reaches no relay and no control (${first?.isCutOff?.from})`);
      return { kind: "cut", between: [at, internet] };
    }
    saw(draft, ["faults"], `UDP false (${first?.udp?.from})`);
    return { kind: "udp-blocked", at };
  });
}

/** What a fault that loses large packets in silence is given, as no output tells it: 1028 bytes pass, and 1340 don't. */
const assumedMtu = 1200;
/** Smaller ones a lab can't have. */
const smallestMtu = 576;

function mtuFaults(draft: Draft, nodes: readonly NodeFacts[]): Faults {
  const places = placesWith(draft, nodes, {
    isSo: ({ smallMtu }) => smallMtu !== undefined && smallMtu.value !== null,
    isNot: ({ smallMtu }) => smallMtu?.value === null,
  });
  return [...places].map(([at, [first]]) => {
    const { value, from } = first?.smallMtu ?? {};
    if (value?.bytes !== undefined) {
      saw(draft, ["faults"], `an MTU of ${value.bytes} (${from})`);
      return { kind: "mtu", at, bytes: Math.max(value.bytes, smallestMtu), icmp: true };
    }
    saw(draft, ["faults"], `packets of 1340 bytes are lost, of 1028 pass (${from})`);
    assumed(draft, ["faults"], `that up to ${assumedMtu} bytes pass`);
    return { kind: "mtu", at, bytes: assumedMtu };
  });
}

/** Where some nodes are: by the name of their network, or by their own where another node of it shows the contrary. */
function placesWith(
  { declaration }: Draft,
  nodes: readonly NodeFacts[],
  { isSo, isNot }: Record<"isSo" | "isNot", (node: NodeFacts) => boolean>,
): Map<string, NodeFacts[]> {
  const networkOf = (node: NodeFacts) => declaration.nodes[node.name]?.network ?? "";
  return Map.groupBy(nodes.filter(isSo), (node) => {
    const network = networkOf(node);
    const isWhole = !nodes.some((other) => networkOf(other) === network && isNot(other));
    return isWhole && declaration.networks?.[network] !== undefined ? network : node.name;
  });
}

/** Routes that a rule of the policy approves, and that are not approved all the same. */
function approvalFaults(draft: Draft, { nodes, policy }: TailnetFacts): Faults {
  const read = policy === undefined ? undefined : readPolicy(policy.value, "policy").policy;
  return nodes.flatMap((node) => {
    const { name, advertised, approved, tags, user } = node;
    if (approved === undefined) return [];
    const declared = draft.declaration.nodes[name];
    const routes = declared?.kind === "tailscale" ? (declared.advertiseRoutes ?? []) : [];
    const owners = tags?.value ?? (user === undefined ? [] : [`${validUser(user.value)}@`]);
    return routes
      .filter((route) => prefix(route).length > 0 && !approved.value.includes(route))
      .filter((route) => isApprovedByRule(route, owners, read))
      .map((route) => {
        saw(
          draft,
          ["faults"],
          `${route} advertised (${advertised?.from}), not approved (${approved.from})`,
        );
        return { kind: "route-unapproved" as const, node: name, route };
      });
  });
}

function loopbackFaults(draft: Draft, nodes: readonly NodeFacts[]): Faults {
  const { declaration } = draft;
  const serves = (name: string, port: number) => {
    const node = declaration.nodes[name];
    return node?.services?.some((service) => "port" in service && service.port === port) === true;
  };
  return nodes.flatMap(({ name, loopback }) =>
    (loopback?.value ?? [])
      .filter(({ port }) => serves(name, port))
      .map(({ port }) => {
        saw(
          draft,
          ["faults"],
          `${name} listens on tcp/${port} of loopback alone (${loopback?.from})`,
        );
        return { kind: "service-loopback-only" as const, node: name, port };
      }),
  );
}

/** Who has the name in MagicDNS is the first; the others call themselves the same and were given other names. */
function hostnameFaults(draft: Draft, nodes: readonly NodeFacts[]): Faults {
  const own = (node: NodeFacts) => node.hostname ?? node.name;
  return [...Map.groupBy(nodes, own)].flatMap(([hostname, same]) => {
    const first = same.find(({ name }) => name === hostname) ?? same[0];
    return same
      .filter((node) => node !== first)
      .map(({ name }) => {
        saw(draft, ["faults"], `${name} calls itself ${hostname}, as ${first?.name} does`);
        return { kind: "duplicate-hostname" as const, node: name, of: first?.name ?? name };
      });
  });
}

function cloneFaults(draft: Draft, nodes: readonly NodeFacts[]): Faults {
  return nodes.flatMap(({ name, clonedFrom }) => {
    const original = nodes.find(
      (node) => node.name !== name && node.tailnetAddresses.includes(clonedFrom?.value ?? ""),
    );
    if (original === undefined) return [];
    saw(draft, ["faults"], `${name} has the node key of ${original.name} (${clonedFrom?.from})`);
    return { kind: "cloned-state" as const, node: name, of: original.name };
  });
}

/** Machines that did not run. */
function downFaults(draft: Draft, machines: readonly (NodeFacts | HostFacts)[]): Faults {
  return machines.flatMap(({ name, down }) => {
    if (down === undefined || draft.declaration.nodes[name] === undefined) return [];
    saw(draft, ["faults"], down.from);
    return { kind: down.value, node: name };
  });
}

function ownFaults(draft: Draft, { name, faults, blocked, sharedLan }: NodeFacts): Faults {
  for (const { value, from } of faults ?? [])
    saw(draft, ["faults"], `${value} of ${name} (${from})`);
  const own = (faults ?? []).map(({ value }) => ({ kind: value, node: name }));
  const ports = (blocked?.value ?? []).map(({ protocol, port }) => {
    saw(draft, ["faults"], `a firewall of ${name} drops ${protocol}/${port} (${blocked?.from})`);
    return { kind: "host-firewall" as const, node: name, protocol, port };
  });
  if (sharedLan === undefined) return [...own, ...ports];
  saw(draft, ["faults"], `a LAN of ${name} has ${sharedLan.value} (${sharedLan.from})`);
  return [...own, ...ports, { kind: "cgnat-collision", node: name, prefix: sharedLan.value }];
}
