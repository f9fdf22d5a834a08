import type { EvidenceKey } from "./commands.ts";

/** What an output without a format of its own has in every version: JSON's readers tell by themselves. */
const marks: Partial<Record<EvidenceKey, RegExp>> = {
  metrics: /^tailscaled_\w+/m,
  process: /\btailscaled\b/,
  controlProbe: /^(?:url|answer|exit) /m,
  relayProbes: /^\S+ (?:https|http|ping) /m,
  resolverProbes: /^[\da-f.:]+ (?:\d+|status)/m,
  connections: /^\s*\d+\s+\d+\s+\S+:\d+\s+\S+:\d+/m,
  drops: /^(?:#kernel|TcpExt)/m,
  sysctls: /^[\w.-]+\.[\w./-]+ = /m,
  sockets: /^(?:tcp|udp)\s+\w+\s+\d+\s+\d+\s/m,
  resolvConf: /^\s*(?:nameserver|search|domain|options)\s/m,
  policy: /^\s*(?:\{|\/\/|\/\*)/,
  config: /^(?:server_url|dns|listen_addr)\s*:/m,
  log: /\b(?:TRC|DBG|INF|WRN|ERR|FTL)\b/,
};

/** What a shell prints in place of a program's output. */
const refusals = /^.*(?:command not found|not recognized as|[Pp]ermission denied|No such file).*$/m;

/**
 * Why a file is not the output that its name says, in a few words; undefined where it may be. Without this, a
 * reader that skips what it does not know would take another program's output for one that says "nothing".
 */
export function unlike(key: EvidenceKey, text: string): string | undefined {
  if (text.trim() === "") return "it is empty";
  const mark = marks[key];
  if (mark === undefined || mark.test(text)) return undefined;
  const [refusal] = refusals.exec(text) ?? [];
  return refusal === undefined ? "it is another program's output" : refusal.trim();
}
