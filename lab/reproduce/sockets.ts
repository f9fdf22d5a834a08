import type { Socket } from "../evidence/sockets.ts";
import { contains, prefix } from "../topology/prefix.ts";
import type { Listening } from "./facts.ts";

/** DHCP, NTP, mDNS, SSDP, LLMNR: any machine's own. */
const systemPorts = new Set([68, 123, 546, 1900, 5353, 5355]);
const tailnet = [prefix("100.64.0.0/10"), prefix("fd7a:115c:a1e0::/48")];

/** Docker's own in a container, on ports by chance. */
const dockerResolver = "127.0.0.11";

/** What a capture itself runs beside `ss`: netcheck and dig ask by UDP, and listen for the answer. */
const asking = new Set(["tailscale", "dig", "getent", "ping", "curl"]);
/** Where Linux takes the ports of who asks. */
const firstEphemeral = 32_768;

/** What others can use of a machine: neither what listens for itself alone, nor tailscaled's own ports. */
export function servicePorts(sockets: readonly Socket[]): Listening[] {
  return sockets
    .filter(({ program }) => program !== "tailscaled")
    .filter(({ address }) => !/^(?:127\.|::1$|fe80:)/.test(address))
    .filter(({ protocol, port }) => protocol === "tcp" || !systemPorts.has(port))
    .filter((socket) => socket.protocol === "tcp" || !isAsking(socket))
    .filter(({ address, port, program }) => program !== undefined || !isPeerApi(address, port))
    .map(({ protocol, port }) => ({ protocol, port }));
}

/** What a machine serves to itself alone, and to nobody else on the same port; a resolver's stub is no service. */
export function loopbackPorts(sockets: readonly Socket[]): Listening[] {
  const open = new Set(servicePorts(sockets).map(({ port }) => port));
  return sockets
    .filter(({ program, protocol }) => program !== "tailscaled" && protocol === "tcp")
    .filter(({ address }) => /^(?:127\.|::1$)/.test(address) && address !== dockerResolver)
    .filter(({ port }) => port !== 53)
    .filter(({ port }) => !open.has(port))
    .map(({ protocol, port }) => ({ protocol, port }));
}

function isAsking({ program, port }: Socket): boolean {
  return program === undefined ? port >= firstEphemeral : asking.has(program);
}

/** Where ss does not name programs: tailscaled's API for peers, on a high port of the tailnet's addresses. */
function isPeerApi(address: string, port: number): boolean {
  if (port < firstEphemeral || !/[.:]/.test(address)) return false;
  return tailnet.some((range) => contains(range, prefix(address)));
}
