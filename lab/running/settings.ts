import { engineCall } from "../engine/engine.ts";
import { LabError } from "../errors.ts";
import { label } from "../plan/plan.ts";
import { settingsName } from "../plan/settings.ts";
import { rejectionIn } from "./policy.ts";
import type { RunningLab } from "./running-lab.ts";

/** Longer than control's own limits, whose messages say more. */
const limitSeconds = 150;

/** Prints what control says of this version of the settings, when it has taken it over or failed to. */
const untilApplied = `until read -r version outcome < /run/settings && [ "$version" = "$1" ]; do sleep 0.05; done 2> /dev/null
echo "$outcome"`;

/**
 * Waits until control has taken over the settings that were published last.
 * Throws PolicyRejected with Headscale's message; NodeFailed where control could not, with the step that failed.
 */
export async function waitSettings(
  lab: RunningLab,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const filters = {
    label: [`${label.lab}=${lab.name}`, `${label.run}=${lab.run}`, `${label.kind}=${settingsName}`],
  };
  const [settings] = await engineCall(lab.engine.listContainers({ all: true, filters }));
  const version = settings?.Labels[label.settings];
  if (version === undefined) return;
  const argv = ["bash", "-c", untilApplied, "settings", version];
  const outcome = await lab.control.output(argv, { timeoutMs: limitSeconds * 1000, signal });
  if (outcome.trim() === "applied") return;
  const reason = outcome.trim().replace(/^failed: /, "");
  const rejection = rejectionIn(reason, "; the policy before is in force");
  if (rejection !== undefined) throw rejection;
  throw new LabError("NodeFailed", `it could not take over the settings: ${reason}`, {
    where: "control",
    remedy: "see `tailnet-lab logs control`, and run the same command again",
  });
}
