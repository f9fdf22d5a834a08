import { seenValue } from "../evidence/observation.ts";
import type { Observations } from "../evidence/observations.ts";

/** How the policy is changed: where Headscale has it in a file, it takes none by its command line. */
export function inPolicy({ control }: Observations, change: string): string[] {
  const file = seenValue(control?.config)?.policyFile;
  if (file !== undefined) {
    return [`on control, in ${file}: ${change}`, "on control: systemctl reload headscale"];
  }
  return [
    "on control: headscale policy get > policy.hujson",
    `on control, in policy.hujson: ${change}`,
    "on control: headscale policy set -f policy.hujson",
  ];
}
