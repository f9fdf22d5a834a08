import { type Check, seen, seenLine } from "../check.ts";
import { logsIn } from "../login.ts";

/** TL211: control has no node with the key of one that takes itself for a part of the tailnet. */
export const nodeDeleted: Check = {
  finds: ["TL211"],
  step: "machine",
  explainedBy: ["TL118", "TL119"],
  run({ observations, read, found }) {
    const { control } = observations;
    const known = control === undefined ? undefined : read(control.nodes);
    // Without keys, or of another tailnet's control server, the list tells nothing of any node.
    const keys = new Set(known?.map(({ nodeKey }) => nodeKey).filter((key) => key !== ""));
    if (control === undefined || keys.size === 0) return;
    for (const { machine, status } of observations.tailscale.values()) {
      const own = read(status);
      const key = own?.self?.publicKey ?? "";
      if (own?.backendState !== "Running" || !key.startsWith("nodekey:") || keys.has(key)) continue;
      const { name } = machine;
      found({
        code: "TL211",
        node: name,
        what: `control has no node with the key of ${name}`,
        seen: [seenLine(status, key, key), seen(control.nodes, `no "node_key": "${key}"`)],
        why: "somebody has deleted the node at control; the node itself goes on with the last netmap that it got, and nobody knows it any more",
        fix: logsIn(observations, name, true),
        explains: [`${name} is out of the tailnet, though it says Running`],
      });
    }
  },
};
