import { LabError } from "../errors.ts";
import { checkDeclaration } from "../topology/define-lab.ts";
import { addDns } from "./dns.ts";
import type { Draft } from "./draft.ts";
import type { NodeFacts, TailnetFacts } from "./facts.ts";
import { addFaults } from "./faults.ts";
import { addHosts } from "./hosts.ts";
import { ValidNames, validLabel } from "./names.ts";
import { addNetworks } from "./networks.ts";
import { addNodes } from "./nodes.ts";
import { addPolicy, userNamesOf } from "./policy-facts.ts";
import { addRelays } from "./relays.ts";

/** A topology that is like a tailnet, with what was seen and assumed for each part. */
export interface Reproduction extends Draft {
  /** HuJSON, for the file beside the topology; absent: everyone may reach everything. */
  policyText: string | undefined;
}

export interface ReproduceOptions {
  /** The lab's name. */
  lab: string;
  /** The policy's, as the topology is to name it. */
  policyFile: string;
}

/**
 * Makes a topology of what evidence says.
 * @throws LabError EvidenceUnreadable where it says of no node
 */
export function reproduce(seen: TailnetFacts, { lab, policyFile }: ReproduceOptions): Reproduction {
  if (seen.nodes.length === 0) {
    throw new LabError(
      "EvidenceUnreadable",
      "nothing in the folder tells of a node with Tailscale",
      {
        where: seen.unread[0] ?? lab,
        remedy:
          "add one machine's `tailscale status --json` at least; `tailnet-lab doctor --how` lists all",
      },
    );
  }
  const names = new ValidNames();
  const named = <Named extends { name: string }>(machine: Named): Named => ({
    ...machine,
    name: names.another(machine.name),
  });
  // What is shared from elsewhere may have the name of an own node, which keeps it.
  const own = seen.nodes.toSorted((a, b) => Number(isShared(a)) - Number(isShared(b)));
  const taken = new Set(own.toSorted((a, b) => weightOf(b) - weightOf(a)).slice(0, mostNodes));
  const facts = {
    ...seen,
    nodes: own.filter((node) => taken.has(node)).map(named),
    hosts: seen.hosts.map(named),
  };
  const draft: Draft = {
    declaration: { name: validLabel(lab), nodes: {} },
    notes: new Map(),
    userName: userNamesOf(seen),
    leftOut: [
      ...seen.unread,
      ...(seen.aside ?? []),
      ...(taken.size < own.length
        ? [`${own.length - taken.size} nodes that others know: a lab of more takes long to start`]
        : []),
    ],
  };
  const places = addNetworks(draft, facts);
  addNodes(draft, facts, places);
  addHosts(draft, facts, names);
  addRelays(draft, facts);
  addDns(draft, facts, names);
  const policyText = addPolicy(draft, facts, policyFile);
  addFaults(draft, facts);
  assertValid(draft);
  return { ...draft, policyText };
}

/** With a router each they fit into a lab's internet, and start within a minute or two. */
const mostNodes = 100;

/** Those that were captured first, then those that serve routes. */
function weightOf({ isCaptured, advertised }: NodeFacts): number {
  return Number(isCaptured) * 2 + Number((advertised?.value.length ?? 0) > 0);
}

function isShared({ sharedFrom }: NodeFacts): boolean {
  return sharedFrom !== undefined;
}

/** Whatever evidence says, what is written is a topology. */
function assertValid({ declaration }: Draft): void {
  const { tailnet, ...rest } = declaration;
  const { policy: _policy, ...others } = tailnet ?? {};
  const checked = checkDeclaration({ ...rest, tailnet: others });
  if (checked.topology !== undefined) return;
  throw new LabError("TopologyInvalid", "no topology can be made of this evidence", {
    issues: checked.issues,
    remedy: "leave out the outputs that these are about",
  });
}
