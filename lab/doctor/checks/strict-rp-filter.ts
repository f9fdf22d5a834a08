import type { Observations } from "../../evidence/observations.ts";
import { strictFilters } from "../../evidence/sockets.ts";
import { usesExitNode } from "../../evidence/where.ts";
import { everyMachine, isHeard } from "../asked.ts";
import { type Check, seen, seenLine } from "../check.ts";
import { setsSysctls } from "../sets-sysctls.ts";

/** TL108: it is strict, and has dropped packets; while we tried, where something was tried. */
export const strictRpFilter: Check = {
  finds: ["TL108"],
  step: "way-back",
  explainedBy: [],
  run({ observations, read, found }) {
    const { attempts } = observations;
    // What is answered all the same may have found another way, by IPv6 or a relay: then many are dropped, not one.
    const least = attempts !== undefined && isHeard(attempts) ? 5 : 1;
    for (const { machine, sysctls, reversePathDrops } of everyMachine(observations)) {
      const values = read(sysctls);
      if (values === undefined || !mayMatter(observations, machine.name)) continue;
      const strict = strictFilters(values);
      const [first] = strict;
      if (first === undefined) continue;
      const before = read(reversePathDrops);
      const after = attempts?.after?.get(machine.name)?.reversePathDrops;
      const now = after === undefined ? before : read(after);
      // A capture has one count, of all that was dropped until then.
      const isOne = attempts?.after === undefined || !observations.isLive;
      const dropped = isOne ? now : (now ?? 0) - (before ?? 0);
      if (
        dropped === undefined ||
        dropped < least ||
        (attempts !== undefined && after === undefined)
      ) {
        continue;
      }
      found({
        code: "TL108",
        node: machine.name,
        what: `strict reverse path filtering on ${machine.name} has dropped ${dropped} packets`,
        seen: [
          seenLine(sysctls, new RegExp(`^${first.replaceAll(".", "\\.")} `), `${first} = 1`),
          seen(after ?? reversePathDrops, `TcpExtIPReversePathFilter ${now}`),
        ],
        why: "the kernel drops what comes by another interface than an answer would leave by",
        fix: setsSysctls(machine.name, strict, "2"),
        explains: [`packets are lost on ${machine.name}`],
      });
    }
  },
};

/**
 * A capture's machine may have been up for months, and the count is of all that was dropped since. There it is told of
 * whose packets may come by another way than the answer takes: who uses an exit node, or serves routes.
 */
function mayMatter({ isLive, tailscale }: Observations, name: string): boolean {
  if (isLive) return true;
  const node = tailscale.get(name);
  if (node === undefined) return false;
  const routes = node.prefs.kind === "seen" ? node.prefs.value.advertisedRoutes : [];
  return usesExitNode(node) || routes.length > 0;
}
