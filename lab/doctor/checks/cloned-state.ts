import { nodeKeyOf } from "../../evidence/where.ts";
import { type Check, seenLine } from "../check.ts";

/** TL208 */
export const clonedState: Check = {
  finds: ["TL208"],
  step: "machine",
  explainedBy: [],
  run({ observations, read, found }) {
    const byKey = Map.groupBy(
      [...observations.tailscale.values()].flatMap((node) => {
        read(node.status);
        const key = nodeKeyOf(node);
        return key === undefined ? [] : [{ node, key }];
      }),
      ({ key }) => key,
    );
    for (const [key, same] of byKey) {
      const [first, second] = same;
      if (first === undefined || second === undefined) continue;
      const line = (each: typeof first) => seenLine(each.node.status, key, key);
      const names = same.map(({ node }) => node.machine.name);
      for (const { node } of same) {
        found({
          code: "TL208",
          node: node.machine.name,
          involves: names.filter((name) => name !== node.machine.name),
          what: `${names.join(" and ")} have the same node key`,
          seen: [line(first), line(second)],
          why: "a node key is one machine's: the two take each other's place at control and at their peers",
          fix: [
            "on the copy: systemctl stop tailscaled, and no tailscale logout, which would log the other out too",
            "on the copy: rm -r /var/lib/tailscale, then systemctl start tailscaled && tailscale up",
            "then on the original: systemctl restart tailscaled, as control has the copy's endpoints and disco key for it",
          ],
          explains: [`${names.join(" and ")} are reached by turns`],
        });
      }
    }
  },
};
