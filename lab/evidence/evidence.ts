/** What a command printed on a machine: all that a doctor may know. */
export interface Evidence {
  /** The machine's name, as its user calls it. */
  node: string;
  argv: readonly string[];
  /** Null where it was not run to its end. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** When, ISO 8601; empty where that was not kept. */
  at: string;
}

/** Why there is no evidence. */
export interface Missing {
  node: string;
  argv: readonly string[];
  /** In a few words: `its container has exited`, `not in the folder`. */
  why: string;
  /** The machine does not run, or stands still. */
  isDown?: boolean;
  /** Something was kept of it, that is not its output. */
  isUnread?: boolean;
}

/** What a machine is, as whoever looks after it knows. */
export type MachineRole = "tailscale" | "control" | "host";

export interface Machine {
  name: string;
  role: MachineRole;
  /** Its own in its LAN, where that is known; a machine that does not run can't tell it. */
  addresses?: readonly string[];
}

/**
 * Where evidence comes from: a running lab, or a folder. A doctor and all observers take a source, never a topology
 * and never the list of injected faults.
 */
export interface EvidenceSource {
  readonly machines: readonly Machine[];
  /** A folder can't run what was not captured. */
  readonly isLive: boolean;
  /** Never throws for what is wrong with a machine; EngineLost and an abort go through. */
  run(node: string, argv: readonly string[], options?: RunOptions): Promise<Evidence | Missing>;
}

export interface RunOptions {
  timeoutMs?: number;
  /** It waits for the network, so nothing waits for it. */
  isSlow?: boolean;
  /** Others that run beside it are not kept waiting for its end. */
  isAlone?: boolean;
  signal?: AbortSignal | undefined;
}

export function isMissing(evidence: Evidence | Missing): evidence is Missing {
  return "why" in evidence;
}
