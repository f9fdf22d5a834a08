import { LabError, type ValidationIssue } from "../errors.ts";

export function unreadable(
  file: string,
  reason: string,
  details: { remedy?: string; issues?: readonly ValidationIssue[]; cause?: unknown },
): LabError {
  return new LabError("TopologyUnreadable", `can't read the topology: ${reason}`, {
    where: file,
    ...details,
  });
}
