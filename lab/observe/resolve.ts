import { LabError } from "../errors.ts";
import type { RunningNode } from "../running/running-node.ts";
import { programLimitMs } from "./limit.ts";

export type RecordType = "A" | "AAAA";

/** The addresses that programs get for a name (getaddrinfo); none where it does not resolve. */
export async function resolveName(
  node: RunningNode,
  name: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  const argv = ["getent", "ahosts", name];
  const { stdout, stderr, exitCode } = await node.exec(argv, { timeoutMs: programLimitMs, signal });
  if (exitCode === 0) return parseAhosts(stdout);
  // getent(1): 2 means that the key was not found.
  if (exitCode === 2) return [];
  throw programFailed(node, argv, exitCode, stderr || stdout);
}

/** `getent ahosts` prints an address once for each socket type. */
export function parseAhosts(text: string): string[] {
  const addresses = text.split("\n").flatMap((line) => line.split(/\s+/)[0] || []);
  return [...new Set(addresses)];
}

export interface DnsAnswer {
  /** NOERROR, NXDOMAIN, SERVFAIL, REFUSED; `NOANSWER` where the server gave none. */
  status: string;
  /** Addresses, names of aliases left out. */
  answers: string[];
}

/** Asks one DNS server, past everything the system would do. */
export async function askDns(
  node: RunningNode,
  server: string,
  name: string,
  type: RecordType = "A",
): Promise<DnsAnswer> {
  const argv = ["dig", "+tries=1", "+time=5", `@${server}`, name, type];
  const { stdout, stderr, exitCode } = await node.exec(argv, { timeoutMs: programLimitMs });
  // dig(1): 9 means no reply from the server.
  if (exitCode !== 0 && exitCode !== 9) {
    throw programFailed(node, argv, exitCode, stderr || stdout);
  }
  return parseDig(stdout, type);
}

export function parseDig(text: string, type: RecordType): DnsAnswer {
  const status = /status: ([A-Z]+)/.exec(text)?.[1] ?? "NOANSWER";
  const answers = text.split("\n").flatMap((line) => {
    if (line.startsWith(";")) return [];
    const [, , kind, found, value] = line.split(/\s+/);
    return kind === "IN" && found === type && value !== undefined ? [value] : [];
  });
  return { status, answers };
}

function programFailed(
  node: RunningNode,
  argv: readonly string[],
  exitCode: number,
  output: string,
): LabError {
  const command = argv.join(" ");
  return new LabError("NodeFailed", `\`${command}\` ended with ${exitCode}: ${output}`, {
    where: node.name,
    remedy: `try it by hand: tailnet-lab exec ${node.name} -- ${command}`,
  });
}
