/**
 * Every way in which the lab refuses to go on, by a permanent name. What, where and why are the
 * occasion's; the remedy says what the reader can do about it.
 */
export type ErrorName =
  | "TopologyInvalid"
  | "TopologyUnreadable"
  | "PolicyRejected"
  | "EngineMissing"
  | "EngineLost"
  | "EngineUnsupported"
  | "SegmentBlocked"
  | "MemoryShort"
  | "TasksShort"
  | "TerraformMissing"
  | "TerraformFailed"
  | "TunMissing"
  | "DiskFull"
  | "KernelLacks"
  | "PoolExhausted"
  | "ImageUnbuildable"
  | "LabLocked"
  | "LabElsewhere"
  | "LabLeftDirty"
  | "LabNotFound"
  | "NodeNotFound"
  | "NodeFailed"
  | "WaitTimedOut"
  | "EvidenceUnreadable"
  | "OutputTaken"
  | "UsageInvalid";

export interface ValidationIssue {
  /** Where: a path such as `nodes.laptop.network`, a file with line and column, or a node. */
  where: string;
  what: string;
  remedy: string;
}

/** Bad input or a bad environment; the command line exits with 2 on it. */
export class LabError extends Error {
  override readonly name: ErrorName;
  readonly what: string;
  readonly where: string | undefined;
  readonly remedy: string | undefined;
  /** For TopologyInvalid: all issues at once. */
  readonly issues: readonly ValidationIssue[];

  constructor(
    name: ErrorName,
    what: string,
    details: {
      where?: string;
      remedy?: string;
      issues?: readonly ValidationIssue[];
      cause?: unknown;
    } = {},
  ) {
    // The message says all of it, for readers who see nothing else: a test's report, a stack trace.
    super(whole(what, details), { cause: details.cause });
    this.name = name;
    this.what = what;
    this.where = details.where;
    this.remedy = details.remedy;
    this.issues = details.issues ?? [];
  }
}

function whole(
  what: string,
  {
    where,
    remedy,
    issues = [],
  }: { where?: string; remedy?: string; issues?: readonly ValidationIssue[] },
): string {
  const lines = [where === undefined ? what : `${where}: ${what}`];
  for (const issue of issues) lines.push(`  ${issue.where}: ${issue.what} (${issue.remedy})`);
  if (remedy !== undefined) lines.push(`  what to do: ${remedy}`);
  return lines.join("\n");
}
