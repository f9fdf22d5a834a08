import { type EvidenceKey, evidenceCommands } from "./commands.ts";
import { jsonIn } from "./json-output.ts";

/** What an output without a format of its own has in every version. */
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
const refusals =
  /^.*(?:command not found|not recognized as|[Pp]ermission denied|flag provided but not defined|No such file).*$/m;

/** What a program says on standard error that runs, and whose service does not answer. */
const failures =
  /^.*(?:failed to connect to local tailscale|connecting to headscale|connection refused|deadline exceeded).*$/im;

/**
 * What of a file is the output that its name says; else why it is not, in a few words. Without this, a reader that skips
 * what it does not know would take another program's output for one that says "nothing".
 */
export function outputIn(key: EvidenceKey, text: string): FileOutput {
  if (text.trim() === "") return { problem: "it is empty" };
  const found = evidenceCommands[key].file.endsWith(".json") ? jsonIn(text) : marked(key, text);
  if ("output" in found) return found;
  const [failure] = failures.exec(text) ?? [];
  if (failure !== undefined) return { failure: failure.trim() };
  const [refusal] = refusals.exec(text) ?? [];
  return refusal === undefined ? found : { problem: refusal.trim() };
}

function marked(key: EvidenceKey, text: string): { output: string } | { problem: string } {
  const isOther = marks[key]?.test(text) === false;
  return isOther ? { problem: "it is another program's output" } : { output: text };
}

/** A program's output; what it said where it failed; or why it is neither, in a few words. */
export type FileOutput = { output: string } | { failure: string } | { problem: string };
