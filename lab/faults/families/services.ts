import { LabError } from "../../errors.ts";
import type { ServiceSpec } from "../../plan/plan.ts";
import type { RunningLab } from "../../running/running-lab.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { script, service } from "../settings.ts";
import type { SettingStep } from "../step.ts";

export const serviceFaults: readonly FaultKind[] = [
  lasting({
    kind: "service-down",
    targets: ["node", "port"],
    needs: "a service of the node on this port",
    example: "service-down server 8080",
    steps(lab, { node, port }) {
      const all = servicesOf(lab, node);
      const here = onPort(lab, node, port);
      const [program] = here.map(programOf);
      // A program that serves nothing else is not there at all; else only its port is gone.
      const isAlone =
        program !== undefined &&
        here.every((each) => programOf(each) === program) &&
        all.filter((each) => programOf(each) === program).length === here.length;
      return [isAlone ? service(node, program, untilBound(here)) : listen(node, port, "none")];
    },
  }),
  lasting({
    kind: "service-loopback-only",
    targets: ["node", "port"],
    needs: "a TCP service of the node on this port",
    example: "service-loopback-only server 80",
    steps(lab, { node, port }) {
      const here = onPort(lab, node, port);
      if (here.some(({ tailnetOnly }) => tailnetOnly)) {
        throw new LabError("UsageInvalid", `port ${port} of ${node} listens on loopback as it is`, {
          where: "port",
          remedy: "tailscale serve publishes it; service-down leaves nothing behind that",
        });
      }
      if (here.some(({ kind }) => kind === "tcp-echo" || kind === "http")) {
        return [listen(node, port, "loopback")];
      }
      throw new LabError("UsageInvalid", `port ${port} of ${node} has no service over TCP`, {
        where: "port",
        remedy: "name a port with an HTTP or tcp-echo service",
      });
    },
  }),
];

/** Where a port's services listen. */
function listen(node: string, port: number, value: "loopback" | "none"): SettingStep {
  const todo = (what: string) => script("listen.sh", { port: String(port), todo: what });
  return {
    kind: "setting",
    node,
    setting: `listen ${port}`,
    read: todo("state"),
    write: todo("set"),
    value,
    atBoot: "again",
  };
}

function onPort(lab: RunningLab, node: string, port: number): ServiceSpec[] {
  const all = servicesOf(lab, node);
  const here = all.filter((each) => each.port === port);
  if (here.length > 0) return here;
  const ports = [...new Set(all.map((each) => each.port))].join(", ");
  throw new LabError("UsageInvalid", `${node} has no service on port ${port}`, {
    where: "port",
    remedy: ports === "" ? "name a node with services" : `its ports are ${ports}`,
  });
}

function servicesOf(lab: RunningLab, node: string): ServiceSpec[] {
  return lab.node(node).spec.services;
}

/** As the boot script calls it. */
function programOf({ kind }: ServiceSpec): string {
  return kind === "http" ? "nginx" : kind === "dns" ? "dnsmasq" : "echo-server";
}

/** Shell: until a started program serves; tailscaled holds a port that it publishes. */
export function untilBound(services: readonly ServiceSpec[]): string {
  const filter = services.map(({ port }) => `sport = :${port}`).join(" or ");
  return `for ((tries = 0; tries < 100; tries++)); do
  [ -z "$(ss -Hlntup '${filter}' | sed '/"tailscaled"/d')" ] || break
  sleep 0.05
done`;
}
