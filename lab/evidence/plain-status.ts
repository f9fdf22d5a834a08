/** What `tailscale status` without --json prints of a node that is not connected, by the state that --json has. */
const states: readonly [RegExp, backendState: string][] = [
  [/^Tailscale is stopped\.?$/m, "Stopped"],
  [/^Logged out\.?/m, "NeedsLogin"],
  [/^Tailscale is starting\.?$/m, "Starting"],
];

/** Of a node: its address, its name, whose it is, its system, and how it is reached. */
const line = /^(?:100\.\d+\.\d+\.\d+|[\da-f]+:[\da-f:]+)\s+(\S+)\s+\S+\s+\S+\s+(\S.*)$/;
/** More names would hide what to do. */
const mostNames = 5;

/**
 * `tailscale status` as people read it, in place of its JSON. Where it has one word for the whole node, that is read.
 * A list of nodes lacks routes, keys and most of what a doctor needs: it is not read as one that has none, and told of.
 * Undefined where it is neither.
 */
export function plainStatus(text: string): { output: string } | { problem: string } | undefined {
  const state = states.find(([pattern]) => pattern.test(text))?.[1];
  if (state !== undefined) return { output: `{"BackendState": "${state}"}` };
  const nodes = text.split("\n").flatMap((each) => {
    const [, name, how] = line.exec(each.trim()) ?? [];
    return name === undefined || how === undefined ? [] : [{ name, how }];
  });
  if (nodes.length === 0) return undefined;
  const namesOf = (pattern: RegExp) => {
    const names = nodes.filter(({ how }) => pattern.test(how)).map(({ name }) => name);
    const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
    return names.length === 0 ? "" : names.slice(0, mostNames).join(", ") + more;
  };
  const said = [
    ["offline", namesOf(/\boffline\b/)],
    ["by relay", namesOf(/\brelay "/)],
    ["direct", namesOf(/\bdirect \S/)],
    ["the exit node in use", namesOf(/(?:^|; )exit node\b/)],
  ].flatMap(([what, names]) => (names === "" ? [] : [`${what}: ${names}`]));
  const says = said.length === 0 ? "" : `; it says ${said.join("; ")}`;
  return {
    problem: `it was made without --json, and lacks routes, keys and much else${says}. Run: tailscale status --json > status.json`,
  };
}
