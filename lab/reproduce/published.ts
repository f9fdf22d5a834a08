import type { TailscaleObservations } from "../evidence/observations.ts";
import { isBackendMissing, isOnMachine } from "../evidence/serve.ts";
import type { Listening, PublishedPort, Seen } from "./facts.ts";
import { loopbackPorts, servicePorts } from "./sockets.ts";
import { taken } from "./taken.ts";

type Node = Pick<TailscaleObservations, "serve" | "sockets">;

/** What a node publishes by `tailscale serve` of its own services, and others can't reach on the same port besides. */
export function publishedPorts({ serve, sockets }: Node): Seen<PublishedPort[]> | undefined {
  const all = sockets.kind === "seen" ? sockets.value : undefined;
  const open = new Set(servicePorts(all ?? []).map(({ port }) => port));
  return taken(serve, (published) => {
    const own = published.filter((each) => isOnMachine(each) && !open.has(each.port));
    const ports = own.map((each) => ({
      port: each.port,
      isHttp: each.line.startsWith('"Proxy"'),
      isMissing: all !== undefined && isBackendMissing(each, all),
    }));
    return ports.length === 0 ? undefined : ports;
  });
}

/** Loopback's ports, without those that `tailscale serve` hands on to. */
export function ownLoopbackPorts({ serve, sockets }: Node): Seen<Listening[]> | undefined {
  const backends = serve.kind === "seen" ? serve.value.filter(isOnMachine) : [];
  return taken(sockets, (all) =>
    loopbackPorts(all).filter(({ port }) => !backends.some(({ backend }) => backend.port === port)),
  );
}
