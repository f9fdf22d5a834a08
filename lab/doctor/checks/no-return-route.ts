import type { HostObservations } from "../../evidence/observations.ts";
import { covers, isTailnetAddress, lengthOf } from "../../evidence/prefix.ts";
import { isHeard, machineOf, receiverOf, sourceOf } from "../asked.ts";
import { type Check, seen, seenLine } from "../check.ts";

/** TL107: the subnet router reaches the target, and the target does not know the way back to the tailnet. */
export const noReturnRoute: Check = {
  finds: ["TL107"],
  step: "way-back",
  explainedBy: ["TL106", "TL118"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.address == null || isTailnetAddress(attempts.address) || isHeard(attempts))
      return;
    const { address, target, question, fromRouter } = attempts;
    const router = receiverOf(observations);
    if (router === undefined || router.machine.name === target) return;
    const prefs = read(router.prefs);
    if (prefs === undefined || prefs.masquerades) return;
    const near = read(fromRouter?.connect) ?? undefined;
    const nearPing = read(fromRouter?.icmp)?.received ?? 0;
    const isNear = near === "connected" || near === "refused" || nearPing > 0;
    if (!isNear) return;
    const source = sourceOf(observations, question.from);
    const host = target === null ? undefined : machineOf(observations, target);
    const way =
      host?.routes.kind === "seen" && source !== undefined
        ? host.routes.value
            .filter(({ table, prefix }) => table === "main" && covers(prefix, source))
            .sort((a, b) => lengthOf(b.prefix) - lengthOf(a.prefix))[0]
        : undefined;
    const { name } = router.machine;
    const isByRouter = ownHas(router, way?.gateway);
    if (way !== undefined && isByRouter) return;
    found({
      code: "TL107",
      node: name,
      involves: [question.from, target ?? address],
      what: `${name} does not masquerade, and ${target ?? address} does not answer to ${source ?? "the tailnet"}`,
      seen: [
        seenLine(router.prefs, /"NoSNAT"/, '"NoSNAT": true'),
        ...(fromRouter?.icmp === undefined || nearPing === 0
          ? []
          : [seen(fromRouter.icmp, `${nearPing} received`)]),
        ...(host === undefined || way === undefined
          ? []
          : [seen(host.routes, `to ${source} via ${way.gateway ?? way.device}`)]),
      ],
      why: "its LAN sees addresses of the tailnet, and needs a route to 100.64.0.0/10 by way of it: the answers go to the LAN's gateway instead",
      fix: [
        `on ${name}: tailscale set --snat-subnet-routes=true`,
        `on the LAN's gateway, else: ip route add 100.64.0.0/10 via the address of ${name} in the LAN`,
      ],
      explains: [`${question.from} gets no answer of ${target ?? address}`],
    });
  },
};

function ownHas(
  { addresses }: { addresses: HostObservations["addresses"] },
  gateway: string | undefined,
): boolean {
  return (
    addresses.kind === "seen" &&
    addresses.value.some((each) => each.addresses.some(({ address }) => address === gateway))
  );
}
