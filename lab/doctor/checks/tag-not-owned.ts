import { seenValue } from "../../evidence/observation.ts";
import type { Observations } from "../../evidence/observations.ts";
import { type Check, seen, seenLine } from "../check.ts";
import { inPolicy } from "../in-policy.ts";
import { logsIn } from "../login.ts";

const refusal = /requested tags?\b.*(?:invalid|not permitted)/i;

/** TL205: by control's log, and by a node that asks for a tag and has not got it. */
export const tagNotOwned: Check = {
  finds: ["TL205"],
  step: "machine",
  explainedBy: [],
  run({ observations, read, found }) {
    const { control, tailscale } = observations;
    for (const { machine, prefs, status } of tailscale.values()) {
      const asked = read(prefs)?.tags ?? [];
      const self = read(status)?.self;
      const missing = asked.filter((tag) => self?.tags.includes(tag) !== true);
      if (missing.length === 0) continue;
      found({
        ...words(observations, machine.name, missing),
        seen: [
          seenLine(prefs, `"${missing[0]}"`, `"AdvertiseTags": ["${missing[0]}"]`),
          seen(status, `"Tags": ${JSON.stringify(self?.tags ?? [])}`),
        ],
      });
    }
    const log = control === undefined ? undefined : read(control.log);
    const line = log?.findLast(({ text }) => refusal.test(text));
    if (control === undefined || line === undefined) return;
    const node = /node\.name=(\S+)/.exec(line.text)?.[1] ?? control.machine.name;
    // What has been put right since.
    const isRight =
      tailscale.get(node)?.status.kind === "seen" && tailscale.get(node)?.prefs.kind === "seen";
    if (isRight) return;
    found({
      ...words(observations, node, [/tag:[\w-]+/.exec(line.text)?.[0] ?? "TAG"]),
      seen: [seen(control.log, line.text)],
    });
  },
};

function words(observations: Observations, node: string, tags: readonly string[]) {
  const known = seenValue(observations.control?.nodes)?.find((each) => each.name === node);
  const owner = `${known?.user || "USER"}@`;
  return {
    code: "TL205",
    node,
    what: `${node} asks for ${tags.join(", ")}, which it may not have`,
    why: "a user's node gets a tag only where the policy's tagOwners name the user",
    fix: [
      ...inPolicy(
        observations,
        `add "${owner}" to ${tags.map((tag) => `"${tag}"`).join(", ")} of "tagOwners"`,
      ),
      ...logsIn(observations, node, true),
    ],
    explains: [`${node} can't join with ${tags.length === 1 ? "that tag" : "those tags"}`],
  };
}
