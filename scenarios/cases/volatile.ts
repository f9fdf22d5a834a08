/** What is replaced, wherever it stands. */
const replacements: readonly [RegExp, string][] = [
  // Keys and ids of nodes; the names that Headscale gives to the second of two.
  [/\b(?:nodekey|discokey|mkey):[0-9a-f]+(?:\.\.\.)?/g, "KEY"],
  [/\b([a-z]+)-[a-z0-9]{8}\b/g, "$1-SUFFIX"],
  [/@if\d+\b/g, "@IF"],
  [/("(?:Exit)?NodeID":\s*)"[^"]+"/g, '$1"ID"'],
  [/^\d+(\s+\|)/gm, "ID$1"],
  [/(-[iu] |\bid: |\bexit node )\d+\b/g, "$1ID"],
  // A fault's own table of rules, and nft's number of a rule in it.
  [/\binet f[0-9a-z]{8}\b/g, "inet TABLE"],
  [/\bhandle \d+\b/g, "handle ID"],
  // Moments and how long something took.
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, "MOMENT"],
  [/\b[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4} GMT\b/g, "MOMENT"],
  [/\b\d+(?:\.\d+)? ?(?:µs|ms|s|milliseconds)\b/g, "TIME"],
  [/\b\d+(?:\.\d+)? ?(kbit\/s|Mbit\/s|kB|bytes)\b/g, "N $1"],
  [/"seconds":\d+,"nanos":\d+/g, "MOMENT"],
  // A share that is neither none nor all, and counters.
  [/\b\d+ (received|packets)\b/g, "N $1"],
  [/\b(?!0 ?%|100 ?%)\d+(?:\.\d+)?( ?)%/g, "N$1%"],
  [/\b(packets|bytes|tx|rx|pid=|fd=)( ?)\d+\b/g, "$1$2N"],
  // Which relay is the nearest, where all are near.
  [/\b(DERP\(|relay "?|via |derp-)(?:fra|nyc)\b/g, "$1REGION"],
  // A port that a NAT or tailscaled chose.
  [/(\d\.\d+:)(?!41641\b)\d{4,5}\b/g, "$1PORT"],
  [/, \d+\) via TSMP/g, ", PORT) via TSMP"],
];

/** A peer in `tailscale status`: its end tells how it was used of late, beside what it is. */
const peer = /^(\s*\S+\s+\S+\s+\S+\s+linux\s+)(\S.*)$/gm;

function peerState(_line: string, who: string, state: string): string {
  const told = state.match(/offers exit node|exit node|offline|expired/g) ?? ["online"];
  return `${who}${told.join("; ")}`;
}

/** Of the tailnet, given in the order in which nodes join. MagicDNS has the same everywhere. */
const tailnetAddress =
  /\b100\.(?!100\.100\.100\b)(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+(?:\/\d+)?|\bfd7a:115c:a1e0:[0-9a-f:]+/g;

/**
 * Outputs without what differs from one lab, or one moment, to the next: addresses of the tailnet become numbers, the
 * same where they are the same in any of the outputs; keys, moments, counters and widths of columns are left out.
 */
export function withoutVolatile(outputs: readonly string[]): string[] {
  const numbers = new Map<string, string>();
  const numberOf = (address: string) => {
    const known = numbers.get(address) ?? `ADDRESS-${numbers.size + 1}`;
    numbers.set(address, known);
    return known;
  };
  return outputs.map((output) => {
    const numbered = output.replace(tailnetAddress, numberOf);
    return replacements
      .reduce((text, [pattern, word]) => text.replace(pattern, word), numbered)
      .replace(peer, peerState)
      .split("\n")
      .map((line) => line.replace(/\s+/g, " ").trim())
      .join("\n");
  });
}
