import { readPolicy } from "../topology/policy.ts";
import { prefix } from "../topology/prefix.ts";
import { internet, type LabDeclaration } from "../topology/schema.ts";
import { type Draft, saw } from "./draft.ts";
import type { HostFacts, NodeFacts, TailnetFacts } from "./facts.ts";
import { outageFaults } from "./outage-faults.ts";
import { mtuFaults, pathFaults } from "./path-faults.ts";
import { isApprovedByRule, namesOf } from "./policy-facts.ts";

type Faults = NonNullable<LabDeclaration["faults"]>;

/** What of a tailnet's state is a fault in a lab. */
export function addFaults(draft: Draft, facts: TailnetFacts): void {
  const faults: Faults = [
    ...outageFaults(draft, facts),
    ...pathFaults(draft, facts),
    ...mtuFaults(draft, facts.nodes),
    ...approvalFaults(draft, facts),
    ...loopbackFaults(draft, facts.nodes),
    ...facts.nodes.flatMap((node) => publishedFaults(draft, node)),
    ...hostnameFaults(draft, facts.nodes),
    ...cloneFaults(draft, facts.nodes),
    ...facts.nodes.flatMap((node) => ownFaults(draft, node)),
    ...collisionFaults(draft, facts.nodes),
    // The last, as others are made on a machine that runs.
    ...downFaults(draft, [...facts.nodes, ...facts.hosts]),
  ];
  if (faults.length > 0) draft.declaration.faults = faults;
}

/** Routes that a rule of the policy approves, and that are not approved all the same. */
function approvalFaults(draft: Draft, { nodes, policy }: TailnetFacts): Faults {
  const read = policy === undefined ? undefined : readPolicy(policy.value, "policy").policy;
  return nodes.flatMap((node) => {
    const { name, advertised, approved, tags, user } = node;
    if (approved === undefined) return [];
    const declared = draft.declaration.nodes[name];
    const routes = declared?.kind === "tailscale" ? (declared.advertiseRoutes ?? []) : [];
    const owners = tags?.value ?? namesOf(user?.value);
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

/** Published services with nothing behind them. */
function publishedFaults(draft: Draft, { name, published }: NodeFacts): Faults {
  const missing = (published?.value ?? []).filter(({ isMissing }) => isMissing);
  return missing.map(({ port }) => {
    saw(draft, ["faults"], `nothing is behind tcp/${port} of ${name} (${published?.from})`);
    return { kind: "service-down" as const, node: name, port };
  });
}

/** Who has the name in MagicDNS is the first; the others call themselves the same and were given other names. */
function hostnameFaults(draft: Draft, nodes: readonly NodeFacts[]): Faults {
  const named = nodes.filter(({ namedAfter }) => namedAfter !== undefined);
  return [...Map.groupBy(named, ({ namedAfter }) => namedAfter)].flatMap(([hostname, same]) => {
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

function ownFaults(draft: Draft, { name, faults, blocked, clonedFrom }: NodeFacts): Faults {
  const declared = draft.declaration.nodes[name];
  // Of routes that a lab can't have nothing is left to forward.
  const forwards =
    declared?.kind === "tailscale" &&
    (declared.exitNode === true || (declared.advertiseRoutes ?? []).length > 0);
  const own = (faults ?? [])
    .filter(({ value }) => value !== "ip-forwarding-off" || forwards)
    .flatMap(({ value, from }) => {
      if (value === "logged-out" && clonedFrom !== undefined) {
        draft.leftOut.push(`${name}: its logout (${from}), as its state is another's too`);
        return [];
      }
      saw(draft, ["faults"], `${value} of ${name} (${from})`);
      return { kind: value, node: name };
    });
  const ports = (blocked?.value ?? []).map(({ protocol, port }) => {
    saw(draft, ["faults"], `a firewall of ${name} drops ${protocol}/${port} (${blocked?.from})`);
    return { kind: "host-firewall" as const, node: name, protocol, port };
  });
  return [...own, ...ports];
}

/** A lab has such a LAN around a machine behind a router alone. */
function collisionFaults(draft: Draft, nodes: readonly NodeFacts[]): Faults {
  return nodes.flatMap(({ name, sharedLan }) => {
    if (sharedLan === undefined) return [];
    const { value, from } = sharedLan;
    if (draft.declaration.nodes[name]?.network === internet) {
      draft.leftOut.push(`${name}: a LAN of ${value} (${from}), as its own address is public`);
      return [];
    }
    saw(draft, ["faults"], `a LAN of ${name} has ${value} (${from})`);
    return { kind: "cgnat-collision" as const, node: name, prefix: value };
  });
}
