import { LabError } from "../errors.ts";
import { waitReady } from "../running/ready.ts";
import type { RunningLab } from "../running/running-lab.ts";
import type { RunningNode } from "../running/running-node.ts";

/**
 * Cuts UDP between two places, each a network or a node by name: whatever of it passes the first's edge is
 * dropped. Everything else goes on, UDP to the relays too. Cut twice is cut once.
 */
export async function cutUdp(lab: RunningLab, from: string, to: string): Promise<void> {
  const addresses = edges(lab, to).flatMap((node) => publicAddresses(node));
  if (addresses.length === 0) {
    throw new LabError("UsageInvalid", "it has no address on the internet, so nothing can be cut", {
      where: to,
      remedy: "name the outermost network",
    });
  }
  const v4 = addresses.filter((address) => !address.includes(":"));
  const v6 = addresses.filter((address) => address.includes(":"));
  const between = [...matchBoth("ip", v4), ...matchBoth("ip6", v6)];
  await dropUdp(lab, from, cutTable(to), between);
}

/** Undoes cutUdp of the same two. */
export async function healUdp(lab: RunningLab, from: string, to: string): Promise<void> {
  await allow(lab, from, cutTable(to));
}

/** A place whose firewall lets no UDP pass but DNS. */
export async function blockUdp(lab: RunningLab, place: string): Promise<void> {
  await dropUdp(lab, place, blockTable, ["udp dport != 53 udp sport != 53"]);
}

/** A relay dies, as by a power cut. */
export async function stopRelay(lab: RunningLab, region: string): Promise<void> {
  await relay(lab, region).kill();
}

/** The relay comes back; resolves when it answers. */
export async function startRelay(lab: RunningLab, region: string): Promise<void> {
  const node = relay(lab, region);
  await node.start();
  await waitReady([node]);
}

function relay(lab: RunningLab, region: string): RunningNode {
  const relays = lab.ofKind("relay");
  const found = relays.find((node) => node.spec.region === region);
  if (found !== undefined) return found;
  throw new LabError("NodeNotFound", "no relay serves this region", {
    where: region,
    remedy: `the regions are ${relays.map((node) => node.spec.region).join(", ")}`,
  });
}

const blockTable = "tailnet_lab_no_udp";

function cutTable(to: string): string {
  return `tailnet_lab_cut_${to.replaceAll("-", "_")}`;
}

function matchBoth(family: "ip" | "ip6", addresses: readonly string[]): string[] {
  const set = `{ ${addresses.join(", ")} }`;
  return addresses.length === 0 ? [] : [`${family} saddr ${set}`, `${family} daddr ${set}`];
}

/** Before connection tracking, so that no flow known from before slips through. */
async function dropUdp(
  lab: RunningLab,
  place: string,
  table: string,
  matches: readonly string[],
): Promise<void> {
  const rules = matches.map((match) => `meta l4proto udp ${match} counter drop`).join("\n");
  const chain = (hook: string) =>
    `chain ${hook} { type filter hook ${hook} priority raw;\n${rules}\n}`;
  const script = `${forget(table)}
table inet ${table} {
${chain("prerouting")}
${chain("output")}
}`;
  await Promise.all(edges(lab, place).map((node) => node.output(nft, { input: script })));
}

async function allow(lab: RunningLab, place: string, table: string): Promise<void> {
  await Promise.all(edges(lab, place).map((node) => node.output(nft, { input: forget(table) })));
}

const nft = ["nft", "-f", "-"];

/** Declared first, so that deleting what is not there is no fault. */
function forget(table: string): string {
  return `table inet ${table} {}\ndelete table inet ${table}`;
}

/** Where a place's packets pass: its router, or the machines themselves where there is none. */
function edges(lab: RunningLab, place: string): RunningNode[] {
  const members = lab.nodes.filter((node) => node.spec.network === place);
  if (members.length === 0) return [lab.node(place)];
  const routers = members.filter((node) => node.spec.kind === "router");
  return routers.length > 0 ? routers : members;
}

/** On the simulated internet, as the plan numbers it: 198.18.0.0/16 and 2001:db8::/32. */
function publicAddresses(node: RunningNode): string[] {
  return node.spec.addresses.filter(
    (address) => address.startsWith("198.18.") || address.startsWith("2001:db8:"),
  );
}
