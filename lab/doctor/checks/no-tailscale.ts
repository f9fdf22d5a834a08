import { seenValue } from "../../evidence/observation.ts";
import type { HostObservations, Observations } from "../../evidence/observations.ts";
import { covers, isDefault, isTailnetAddress } from "../../evidence/prefix.ts";
import { ownAddresses, ownPrefixes } from "../../evidence/where.ts";
import { selectorOf, works } from "../asked.ts";
import { type Check, seen } from "../check.ts";
import { inPolicy } from "../in-policy.ts";
import { loginServer } from "../login.ts";

/** TL126: who asks for an address of the tailnet is not in it, and has no route there. */
export const noTailscale: Check = {
  finds: ["TL126"],
  step: "machine",
  explainedBy: ["TL118"],
  run({ observations, read, found }) {
    const { attempts, hosts } = observations;
    if (attempts?.address == null) return;
    const isWorking = works(attempts);
    // In a capture nobody can try it.
    if (isWorking === true || (isWorking === undefined && observations.isLive)) return;
    const { address, question } = attempts;
    const host = hosts.get(question.from);
    const routes = host === undefined ? undefined : read(host.routes);
    if (host === undefined || routes === undefined || !isTailnetAddress(address)) return;
    const [route] = routes.filter(({ prefix }) => covers(prefix, address) && !isDefault(prefix));
    if (route !== undefined) return;
    const name = question.from;
    const router = routerOf(observations, host);
    const server = loginServer(observations, name);
    const login = `tailscale up${server === undefined ? "" : ` --login-server=${server}`}`;
    found({
      code: "TL126",
      node: name,
      what: `${name} runs no Tailscale, and has no route to ${address}`,
      seen: [seen(host.routes, `no route but the default one covers ${address}`)],
      why: "its packets to the tailnet's addresses go to the router of its LAN, which knows no more of them, and sends them out to the internet",
      fix: [
        ...(router === undefined ? [] : bySubnetRouter(observations, host, router)),
        `on ${name}${router === undefined ? "" : ", else"}: curl -fsSL https://tailscale.com/install.sh | sh && ${login}`,
      ],
      explains: [`${name} can't reach ${question.to}`],
    });
  },
};

interface SubnetRouter {
  /** In the LAN. */
  address: string;
  route: string;
}

/** A node in the host's LAN that advertises it. */
function routerOf({ tailscale }: Observations, host: HostObservations): SubnetRouter | undefined {
  const own = ownAddresses(host);
  for (const node of tailscale.values()) {
    const routes = seenValue(node.prefs)?.advertisedRoutes ?? [];
    const route = routes.find((each) => !isDefault(each) && own.some((one) => covers(each, one)));
    const near = ownPrefixes(node).find(({ prefix }) => own.some((one) => covers(prefix, one)));
    if (route === undefined || near === undefined) continue;
    return { address: near.address, route };
  }
  return undefined;
}

/** What comes by it has the address of the LAN: who is asked needs the route back, and a rule that lets it in. */
function bySubnetRouter(
  observations: Observations,
  host: HostObservations,
  { address, route }: SubnetRouter,
): string[] {
  const own = ownAddresses(host);
  const target = observations.tailscale.get(observations.attempts?.target ?? "");
  const { prefs, netmap } = target ?? {};
  const isOpen = (seenValue(netmap)?.packetFilter ?? []).some(({ sources }) =>
    sources.some((each) => each === "*" || own.some((one) => covers(each, one))),
  );
  return [
    `on ${host.machine.name}: ip route add 100.64.0.0/10 via ${address}`,
    ...(target === undefined || seenValue(prefs)?.acceptsRoutes === true
      ? []
      : [`on ${target.machine.name}: tailscale set --accept-routes`]),
    ...(target === undefined || isOpen
      ? []
      : inPolicy(
          observations,
          `add { "src": ["${route}"], "dst": ["${selectorOf(target)}"], "ip": ["*"] } to "grants"`,
        )),
  ];
}
