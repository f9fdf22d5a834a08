import { isTailnetAddress } from "../../evidence/prefix.ts";
import { works } from "../asked.ts";
import { type Check, seenLine } from "../check.ts";

/** TL123: the node that was asked for lets nobody in; a choice of its user, so it is told where somebody wants in. */
export const shieldsUp: Check = {
  finds: ["TL123"],
  step: "host-firewall",
  explainedBy: ["TL118", "TL119"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    const { target, address, question } = attempts ?? {};
    if (attempts === undefined || question === undefined || address == null || target == null)
      return;
    const node = observations.tailscale.get(target);
    if (node === undefined || !isTailnetAddress(address) || works(attempts) === true) return;
    if (read(node.prefs)?.shieldsUp !== true) return;
    found({
      code: "TL123",
      node: target,
      involves: [question.from],
      what: `${target} lets no connection in: its shields are up`,
      seen: [seenLine(node.prefs, /"ShieldsUp"/, '"ShieldsUp": true')],
      why: "with --shields-up tailscaled drops every connection that others begin, whatever the policy allows",
      fix: [`on ${target}: tailscale set --shields-up=false`],
      explains: [`nobody can reach ${target}, which reaches others`],
    });
  },
};
