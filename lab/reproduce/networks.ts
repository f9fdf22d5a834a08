import { contains, overlaps, type Prefix, prefix } from "../topology/prefix.ts";
import { reservedFor } from "../topology/reserved.ts";
import { internet } from "../topology/schema.ts";
import { assumed, type Draft, saw } from "./draft.ts";
import type { NodeFacts, Seen, TailnetFacts } from "./facts.ts";
import { freeRanges, longestPrefix, rangeOf } from "./lan-ranges.ts";

/** Where a machine is: a network of the topology, and its address in it. */
export interface Place {
  network: string;
  address?: string;
}

/** A LAN behind a NAT, and who is in it. */
interface Lan {
  name: string;
  range: Prefix;
  /** Whether anything that was seen has this range: else the topology's own choice. */
  isSeen: boolean;
  members: NodeFacts[];
}

/**
 * Puts every node into a network: machines with a public address of their own on the internet, those that share a
 * public address and a LAN's range behind one NAT. What kind of NAT it is, netcheck tells.
 */
export function addNetworks(draft: Draft, facts: TailnetFacts): Map<NodeFacts, Place> {
  const places = new Map<NodeFacts, Place>();
  const lans: Lan[] = [];
  for (const node of facts.nodes) {
    if (isOnInternet(node)) {
      places.set(node, { network: internet });
      saw(draft, ["nodes", node.name, "network"], `its own address is public (${sourceOf(node)})`);
    } else {
      placeBehindNat(draft, node, lans);
    }
  }
  const free = freeRanges(lans.filter(({ isSeen }) => isSeen).map(({ range }) => range));
  for (const lan of lans) {
    if (!lan.isSeen) lan.range = free();
    declare(draft, lan);
    for (const node of lan.members) places.set(node, placeIn(draft, lan, node));
  }
  return places;
}

/** The network of an address in a LAN, for machines that others name. */
export function networkAround(draft: Draft, address: string): string | undefined {
  return Object.entries(draft.declaration.networks ?? {}).find(
    ([, { lan }]) => lan !== undefined && contains(prefix(lan), prefix(address)),
  )?.[0];
}

function isOnInternet({ lan, publicAddresses }: NodeFacts): boolean {
  if (lan === undefined) return false;
  return publicAddresses?.value.includes(lan.value.address) ?? !isPrivate(lan.value.address);
}

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].map(
  prefix,
);

function isPrivate(address: string): boolean {
  return privateRanges.some((range) => contains(range, prefix(address)));
}

function sourceOf({ lan, publicAddresses }: NodeFacts): string {
  const from = [lan?.from, publicAddresses?.from].filter((each) => each !== undefined);
  return [...new Set(from)].join(", ");
}

function placeBehindNat(draft: Draft, node: NodeFacts, lans: Lan[]): void {
  const range = node.lan === undefined ? undefined : rangeOf(node.lan.value);
  const usable = range !== undefined && reservedFor(range) === undefined ? range : undefined;
  const shared = lans.find(({ range: other, isSeen, members: [first] }) => {
    if (!isSeen || usable === undefined || first === undefined) return false;
    return overlaps(other, usable) && sharePublicAddress(first, node);
  });
  const path = ["nodes", node.name, "network"];
  if (shared !== undefined) {
    const [first] = shared.members;
    saw(draft, path, `the public address and the LAN of ${first?.name} (${sourceOf(node)})`);
    shared.members.push(node);
    // The wider of both: one of them may be known by its address alone.
    if (usable !== undefined && usable.length < shared.range.length) shared.range = usable;
    return;
  }
  if (usable !== undefined) {
    saw(draft, path, `no public address of its own (${sourceOf(node)})`);
    const sibling = lans.find(({ members: [first] }) => first && sharePublicAddress(first, node));
    if (sibling !== undefined) {
      assumed(
        draft,
        path,
        `a router of its own, though ${sibling.members[0]?.name} shares its public address from another LAN`,
      );
    }
  } else {
    assumed(
      draft,
      path,
      range === undefined
        ? "a LAN of its own: its IPv4 addresses were not seen"
        : `a LAN of its own: the lab can't have ${range.text}`,
    );
  }
  const name = `lan-${lans.length + 1}`;
  lans.push({
    name,
    range: usable ?? prefix("0.0.0.0/0"),
    isSeen: usable !== undefined,
    members: [node],
  });
}

function sharePublicAddress(a: NodeFacts, b: NodeFacts): boolean {
  const others = b.publicAddresses?.value ?? [];
  return a.publicAddresses?.value.some((address) => others.includes(address)) ?? false;
}

function declare(draft: Draft, { name, range, isSeen, members }: Lan): void {
  const hard = members.find(({ mappingVaries }) => mappingVaries?.value === true);
  const easy = members.find(({ mappingVaries }) => mappingVaries?.value === false);
  const told: Seen<boolean> | undefined = hard?.mappingVaries ?? easy?.mappingVaries;
  draft.declaration.networks = {
    ...draft.declaration.networks,
    [name]: { nat: hard === undefined ? "easy" : "hard", lan: range.text },
  };
  const nat = ["networks", name, "nat"];
  if (told === undefined) {
    assumed(draft, nat, "no netcheck tells whether its mapping varies by destination");
  } else {
    const what = `MappingVariesByDestIP ${told.value} (${told.from})`;
    saw(draft, nat, `${what}, of one NAT or of several in a row`);
  }
  if (isSeen) {
    const { from = "", value } = members.find(({ lan }) => lan !== undefined)?.lan ?? {};
    saw(draft, ["networks", name, "lan"], from);
    if ((value?.length ?? 0) > longestPrefix) {
      assumed(draft, ["networks", name, "lan"], `a wider range than /${value?.length}`);
    }
  } else {
    assumed(draft, ["networks", name, "lan"], "a range that nothing else here has");
  }
  const ipv6 = members.find(({ hasIpv6 }) => hasIpv6?.value === true);
  if (ipv6 !== undefined) {
    draft.leftOut.push(
      `${name}: IPv6 of the internet (${ipv6.hasIpv6?.from}), by which paths are direct; the lab's LANs have none`,
    );
  }
  const mapped = members.find(({ portMapping }) => (portMapping?.value.length ?? 0) > 0);
  if (mapped !== undefined) {
    const { value, from } = mapped.portMapping as Seen<string[]>;
    draft.leftOut.push(
      `${name}: its router maps ports by ${value.join(", ")} (${from}); the lab's don't`,
    );
  }
}

function placeIn(draft: Draft, lan: Lan, node: NodeFacts): Place {
  const address = node.lan?.value.address;
  if (!lan.isSeen || address === undefined) return { network: lan.name };
  const path = ["nodes", node.name, "address"];
  const { first } = prefix(address);
  const isRouters = first === lan.range.first + 1n;
  const isNobodys = first === lan.range.first || first === lan.range.last;
  const isTaken = lan.members.some(
    (other) =>
      other !== node &&
      other.lan?.value.address === address &&
      lan.members.indexOf(other) < lan.members.indexOf(node),
  );
  if (isRouters || isNobodys || isTaken) {
    const why = isRouters ? "the router's here" : isNobodys ? "no machine's here" : "taken";
    assumed(draft, path.slice(0, 2), `another address than ${address}, which is ${why}`);
    return { network: lan.name };
  }
  saw(draft, path, node.lan?.from ?? "");
  return { network: lan.name, address };
}
