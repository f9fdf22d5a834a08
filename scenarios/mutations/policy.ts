import { getPolicy, setPolicy } from "../../lab/running/policy.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { Undo } from "../harness/mutation.ts";
import { changeGrants, type Grant } from "./breakage.ts";

/** Nobody's address (RFC 5737): a rule for it lets no node see or reach another. */
const nobody = "192.0.2.1/32";

const open: Grant = { src: ["*"], dst: ["*"], ip: ["*"] };

/** Everyone may reach everything, as soon as this resolves. */
export function openPolicy(lab: RunningLab): Promise<Undo> {
  return applyGrants(lab, () => [open]);
}

/** Puts other rules in force, at every node: resolves when each one's packet filter has them. */
export async function applyGrants(
  lab: RunningLab,
  change: (grants: Grant[]) => Grant[],
): Promise<Undo> {
  return applyPolicy(lab, (text) => changeGrants(text, change));
}

/** As applyGrants, of the policy's whole text. */
export async function applyPolicy(
  lab: RunningLab,
  change: (policyText: string) => string,
): Promise<Undo> {
  const before = await getPolicy(lab);
  // A rule of no effect that each node's netmap shows.
  const mark: Grant = { src: [nobody], dst: ["*"], ip: ["tcp:9"] };
  await setPolicy(
    lab,
    changeGrants(change(before), (grants) => [...grants, mark]),
  );
  await inForce(lab, "until");
  return async () => {
    await setPolicy(lab, before);
    await inForce(lab, "while");
  };
}

/** Waits in each node until its netmap has the mark, or while it has it. */
async function inForce(lab: RunningLab, word: "until" | "while"): Promise<void> {
  const script = `${word} tailscale debug netmap | grep -q ${nobody}; do sleep 0.1; done`;
  await Promise.all(
    lab
      .ofKind("tailscale")
      .map((node) => node.output(["timeout", "30", "sh", "-c", script], { timeoutMs: 40_000 })),
  );
}
