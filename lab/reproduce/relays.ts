import { assumed, type Draft, saw } from "./draft.ts";
import type { TailnetFacts } from "./facts.ts";
import { validLabel } from "./names.ts";

/** More than these would only take time to start: Tailscale has some thirty regions. */
const most = 4;

/** The relays that nodes have as their home, and another where that is only one: a lab needs two. */
export function addRelays(draft: Draft, facts: TailnetFacts): void {
  if (facts.relays === undefined) return;
  const { value, from } = facts.relays;
  const homes = new Set(facts.nodes.flatMap(({ homeRelay }) => homeRelay?.value ?? []));
  const isHome = ({ code }: { code: string }) => homes.has(code);
  const ordered = [...value.filter(isHome), ...value.filter((relay) => !isHome(relay))];
  const wanted = value.length <= most ? value.length : Math.max(2, Math.min(most, homes.size));
  const taken = ordered.slice(0, wanted);
  const relays: Record<string, { name: string }> = {};
  for (const { code, name } of taken) {
    const label = validLabel(code);
    relays[label] = { name: name || code };
    const isUsed = homes.has(code) ? "; the home relay of a node" : "";
    saw(draft, ["relays", label], `${from}${isUsed}`);
  }
  if (Object.keys(relays).length < 2) {
    const label = "second" in relays ? "another" : "second";
    relays[label] = { name: "Second" };
    assumed(draft, ["relays", label], "clients tell a hard NAT by comparing two relays' answers");
  }
  if (taken.length < value.length) {
    const rest = value.filter((relay) => !taken.includes(relay));
    const lost = rest.filter(isHome).length;
    const why =
      lost === 0
        ? " that are no node's home"
        : `, of which ${lost} ${lost === 1 ? "is" : "are"} the home of nodes: a lab has ${most} at most`;
    draft.leftOut.push(`${rest.length} relays (${from})${why}`);
  }
  draft.declaration.relays = relays;
}
