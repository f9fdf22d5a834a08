import type { Service } from "../topology/schema.ts";
import type { Listening } from "./facts.ts";

const webPorts = new Set([80, 3000, 8000, 8080, 8888]);
/** tailscaled's own, which every node of a lab has. */
const wireGuardPort = 41_641;

type PlainService = Exclude<Service, { kind: "dns" }>;

/** Services of a lab for ports that something listens on: what it speaks is a guess from the port. */
export function servicesFor(listening: readonly Listening[]): PlainService[] {
  const services = listening
    .filter(({ protocol, port }) => protocol === "tcp" || port !== wireGuardPort)
    .map(({ protocol, port }): PlainService => {
      if (protocol === "udp") return { kind: "udp-echo", port };
      return { kind: webPorts.has(port) ? "http" : "tcp-echo", port };
    });
  const unique = new Map(services.map((service) => [`${service.kind} ${service.port}`, service]));
  return [...unique.values()].sort((a, b) => a.port - b.port);
}
