import type { ValidationIssue } from "../../errors.ts";
import { isPublic, lanOf, routerAddress } from "../placement.ts";
import { addressText, contains, type Prefix, prefix } from "../prefix.ts";
import { labServers, simulatedInternet } from "../reserved.ts";
import { internet, type Topology } from "../schema.ts";

/** Fixed addresses: inside their network, free, and each given once. */
export function addressIssues(topology: Topology): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const owners = new Map<string, string>();

  for (const [name, node] of Object.entries(topology.nodes)) {
    if (node.address === undefined) continue;
    const where = `nodes.${name}.address`;
    const address = prefix(node.address);
    const open = isPublic(topology, node.network);
    const range = open ? simulatedInternet : lanOf(topology, node.network);
    if (range === undefined) continue;

    const misplaced = open ? misplacedOnInternet(address) : misplacedInLan(address, range);
    if (misplaced !== undefined) {
      issues.push({ where, ...misplaced });
      continue;
    }

    // All public networks are one segment, and so share their addresses.
    const place = `${open ? internet : node.network} ${node.address}`;
    const owner = owners.get(place);
    if (owner === undefined) {
      owners.set(place, name);
    } else {
      issues.push({
        where,
        what: `${node.address} is ${owner}'s already`,
        remedy: "give one of them another address, or none: then the lab chooses",
      });
    }
  }
  return issues;
}

type Misplaced = Omit<ValidationIssue, "where"> | undefined;

function misplacedOnInternet(address: Prefix): Misplaced {
  const remedy = "take one of 198.18.1.0 to 198.18.255.254, or leave it out: then the lab chooses";
  if (!contains(simulatedInternet, address)) {
    return {
      what: `${address.text} is outside the simulated internet, ${simulatedInternet.text}`,
      remedy,
    };
  }
  if (contains(labServers, address)) {
    return { what: `${labServers.text} is for the control server, DNS and the relays`, remedy };
  }
  if (address.first === simulatedInternet.last) {
    return { what: `${address.text} is a broadcast address`, remedy };
  }
  return undefined;
}

function misplacedInLan(address: Prefix, lan: Prefix): Misplaced {
  const router = routerAddress(lan);
  const remedy = `take one of ${addressText(4, router + 1n)} to ${addressText(4, lan.last - 1n)}, or leave it out: then the lab chooses`;
  if (!contains(lan, address)) {
    return { what: `${address.text} is outside its network's LAN, ${lan.text}`, remedy };
  }
  if (address.first === router) {
    return { what: `${address.text} is the router's address`, remedy };
  }
  if (address.first === lan.first || address.first === lan.last) {
    const meaning = address.first === lan.first ? "the network's own" : "the broadcast";
    return { what: `${address.text} is ${meaning} address in ${lan.text}`, remedy };
  }
  return undefined;
}
