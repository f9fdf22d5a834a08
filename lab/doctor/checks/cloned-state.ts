import { nodeKeyOf } from "../../evidence/where.ts";
import { type Check, seenLine } from "../check.ts";
import { loginServer } from "../login.ts";

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
      const server = loginServer(observations, first.node.machine.name);
      for (const { node } of same) {
        found({
          code: "TL208",
          node: node.machine.name,
          involves: names.filter((name) => name !== node.machine.name),
          what: `${names.join(" and ")} have the same node key`,
          seen: [line(first), line(second)],
          why: "a node key is one machine's: the two take each other's place at control and at their peers",
          fix: [
            "on the copy, and no tailscale logout, which would log the other out too: systemctl stop tailscaled && rm -r /var/lib/tailscale && systemctl start tailscaled",
            `on the copy: tailscale up${server === undefined ? "" : ` --login-server=${server}`}`,
            "on the original, as control has the copy's endpoints and disco key for it: systemctl restart tailscaled",
          ],
          explains: [`${names.join(" and ")} are reached by turns`],
        });
      }
    }
  },
};
