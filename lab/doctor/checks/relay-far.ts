import type { Netmap } from "../../evidence/netmap.ts";
import type { Observation } from "../../evidence/observation.ts";
import { type Check, seen, seenLine } from "../check.ts";
import { relayedPair } from "../paths.ts";

/** Under it a difference is noise, or not felt. */
const farMs = 50;
/** A path by relay that is felt in every keystroke. */
const slowMs = 150;

/** TL403 relay-far: the home relay is not the nearest, or the way by it is long. */
export const relayFar: Check = {
  finds: ["TL403"],
  step: "path",
  explainedBy: ["TL304", "TL305", "TL306", "TL408"],
  run(look) {
    for (const [name, { status, netcheck, netmap, relayProbes }] of look.observations.tailscale) {
      if (status.kind === "unseen" || netcheck.kind === "unseen") continue;
      const home = status.value.self?.homeRelay ?? "";
      const { relayLatencyMs } = netcheck.value;
      const own = relayLatencyMs[home];
      const [nearest] = Object.entries(relayLatencyMs).sort(([, a], [, b]) => a - b);
      if (own === undefined || nearest === undefined) continue;
      const [code, best] = nearest;
      if (own - best < farMs || own < 2 * best) continue;
      // A busy machine's own delay is no distance: TCP, and tailscaled's own report, must see it too.
      const connectMs = (region: string) =>
        look
          .read(relayProbes)
          ?.find(
            ({ host, https }) =>
              https.connectMs !== undefined && hostsOf(netmap, region).includes(host),
          )?.https.connectMs;
      const measures = [connectMs, (region: string) => reported(netmap, region)];
      const isFar = measures.every((measure) => {
        const [far, near] = [measure(home), measure(code)];
        return far !== undefined && near !== undefined && far - near >= farMs;
      });
      if (!isFar) continue;
      look.found({
        code: "TL403",
        node: name,
        what: `${name}'s home relay ${home} is ${own} ms away, and ${code} ${best} ms`,
        seen: [
          seen(netcheck, `RegionLatency: ${home} ${own} ms, ${code} ${best} ms`),
          seenLine(status, /"Relay"/, `"Relay": "${home}"`),
        ],
        why: "who sends to it by relay does so by its home, and each packet takes the long way",
        fix: [
          `on ${name}, which forgets a region that it was told to prefer: systemctl restart tailscaled`,
          ...hostsOf(netmap, code)
            .slice(0, 1)
            .map((host) => `on ${name}: curl -v -m 10 https://${host}/generate_204`),
        ],
        explains: [`what goes to ${name} by relay takes ${Math.round(own - best)} ms more`],
      });
    }
    const pair = relayedPair(look);
    const attempts = look.observations.attempts;
    if (pair === undefined || attempts?.disco?.kind !== "seen") return;
    const { from, to, via, latencyMs } = pair;
    if (latencyMs === undefined) return;
    const calm = attempts.measured?.slow;
    const averageMs = calm?.kind === "seen" ? (calm.value.averageMs ?? 0) : latencyMs;
    if (latencyMs < slowMs || averageMs < slowMs) return;
    look.found({
      code: "TL403",
      node: to.machine.name,
      involves: [from.machine.name],
      what: `${from.machine.name} to ${to.machine.name} goes by relay ${via}, and takes ${latencyMs} ms`,
      seen: [seenLine(attempts.disco, /via DERP/, `via DERP(${via}) in ${latencyMs}ms`)],
      why: "there is no direct path, and the relay is far from one of the two",
      fix: [
        "on control: add a relay that is near to both to the DERP map",
        "find why there is no direct path: see the other findings",
      ],
      explains: [],
    });
  },
};

function hostsOf(netmap: Observation<Netmap>, code: string): string[] {
  if (netmap.kind !== "seen") return [];
  const region = netmap.value.relays.find((relay) => relay.code === code);
  return region?.hosts.map(({ hostname }) => hostname) ?? [];
}

/** What the node has told control of its way to a region, ms. */
function reported(netmap: Observation<Netmap>, code: string): number | undefined {
  if (netmap.kind !== "seen") return undefined;
  const region = netmap.value.relays.find((relay) => relay.code === code);
  return netmap.value.self?.netInfo.relayLatencyMs[region?.id ?? -1];
}
