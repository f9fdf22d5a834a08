import type { LabDeclaration } from "../topology/schema.ts";
import type { Listening, PublishedPort } from "./facts.ts";

const webPorts = new Set([80, 3000, 8000, 8080, 8888]);
/** tailscaled's own, which every node of a lab has. */
const wireGuardPort = 41_641;

type Service = NonNullable<LabDeclaration["nodes"][string]["services"]>[number];
type PlainService = Exclude<Service, { kind: "dns" }>;

/** Services of a lab for ports that something listens on: what it speaks is a guess from the port. */
export function servicesFor(
  listening: readonly Listening[],
  published: readonly PublishedPort[] = [],
): PlainService[] {
  const open = listening
    .filter(({ protocol, port }) => protocol === "tcp" || port !== wireGuardPort)
    .map(({ protocol, port }): PlainService => {
      if (protocol === "udp") return { kind: "udp-echo", port };
      return { kind: webPorts.has(port) ? "http" : "tcp-echo", port };
    });
  const services = [
    ...open,
    ...published.map(
      ({ port, isHttp }): PlainService => ({
        kind: isHttp || webPorts.has(port) ? "http" : "tcp-echo",
        port,
        tailnetOnly: true,
      }),
    ),
  ];
  const unique = new Map(services.map((service) => [`${service.kind} ${service.port}`, service]));
  return [...unique.values()].sort((a, b) => a.port - b.port);
}
