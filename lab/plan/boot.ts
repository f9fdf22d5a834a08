import { internet } from "../topology/schema.ts";
import { internetPrefixes } from "./addresses.ts";
import type { Placement } from "./machine.ts";
import { program } from "./programs.ts";
import { quote } from "./quote.ts";

/** Shell lines of a boot script. */
export interface BootParts {
  /** The resolver before the tailnet sets its own. */
  resolver: string;
  /** What the machine does until it is ready. */
  start: string;
}

/** One container's boot script: its network first. */
export function bootScript(at: Placement, { resolver, start }: BootParts): string {
  const network = [
    ...at.interfaces.map(
      (i) =>
        `interface ${i.dockerAddress} ${i.device} ${i.hardwareAddress} ${i.network} ${i.addresses.join(" ")}`,
    ),
    // All of the simulated internet is on its one segment.
    ...at.interfaces
      .filter((i) => i.network === internet)
      .flatMap((i) =>
        internetPrefixes.map((to) => `network "route replace ${to} dev ${i.device}"`),
      ),
    ...(at.gateway === undefined ? [] : [`network "route replace default via ${at.gateway}"`]),
    "set_network",
    "read_network || true",
    `cat > ${servicePath} <<'END_OF_SERVICE'\n${program("service.sh")}END_OF_SERVICE`,
    `chmod +x ${servicePath}`,
    // Docker mounts this file: it can be written, not replaced.
    `echo "nameserver ${resolver}" > /etc/resolv.conf`,
  ];
  return [
    program("boot.sh"),
    'step "set the network up"',
    ...network,
    "",
    start,
    "",
    program("boot-end.sh"),
  ].join("\n");
}

/** Before Debian's own on PATH, which knows no program of these machines. */
const servicePath = "/usr/local/sbin/service";

/** A program of `lab/programs/`, with what it has to know as variables: texts, and lists as arrays. */
export function withVariables(
  name: string,
  variables: Record<string, string | readonly string[]>,
): string {
  const lines = Object.entries(variables).map(([variable, value]) =>
    typeof value === "string"
      ? `${variable}=${quote(value)}`
      : `${variable}=(${value.map(quote).join(" ")})`,
  );
  return [...lines, program(name)].join("\n");
}

/** Starts a program that ends with the machine: one that has none of its own still runs. */
export const idle = "sleep infinity &";
