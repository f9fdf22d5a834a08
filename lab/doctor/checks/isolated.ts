import { seenValue } from "../../evidence/observation.ts";
import { isDefault } from "../../evidence/prefix.ts";
import { type Check, seen } from "../check.ts";

/** TL121 of a node that reaches nothing of what it needs: no relay by any protocol, and not control. */
export const isolated: Check = {
  finds: ["TL121"],
  step: "path",
  explainedBy: ["TL118", "TL119", "TL108", "TL122", "TL130"],
  run({ observations, read, found }) {
    for (const node of observations.tailscale.values()) {
      const { machine, netcheck, relayProbes, controlProbe, status } = node;
      if (status.kind !== "seen") continue;
      const report = read(netcheck);
      const relays = read(relayProbes);
      const control = read(controlProbe);
      if (report === undefined || relays === undefined || control === undefined) continue;
      const isReached =
        report.udp ||
        Object.keys(report.relayLatencyMs).length > 0 ||
        control.status !== undefined ||
        relays.length === 0 ||
        relays.some(({ https, http, ping }) => https.status > 0 || http.status > 0 || ping.small);
      if (isReached) continue;
      const { name } = machine;
      const gateway = seenValue(node.routes)?.find(
        ({ table, prefix, gateway: via }) =>
          table === "main" && isDefault(prefix) && via !== undefined,
      )?.gateway;
      found({
        code: "TL121",
        node: name,
        what: `${name} reaches neither a relay, nor the control server`,
        seen: [
          seen(netcheck, '"UDP": false, and no latency to any relay'),
          seen(controlProbe, `no answer of ${control.url}`),
        ],
        why: "its network lets nothing out, or its packets are dropped on the way: all that its tailnet needs is out of reach",
        fix: [
          `on the router of ${name}: bring its uplink up, and let TCP 443 and UDP out`,
          ...(gateway === undefined ? [] : [`on ${name}: ping -c 3 ${gateway}`]),
        ],
        explains: [`${name} reaches nobody by the tailnet, and no resolver`],
      });
    }
  },
};
