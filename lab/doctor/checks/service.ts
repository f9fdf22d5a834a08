import { ledBy } from "../../evidence/firewall.ts";
import type { FirewallRule } from "../../evidence/nftables.ts";
import type { HostObservations, Observations } from "../../evidence/observations.ts";
import { isTailnetAddress } from "../../evidence/prefix.ts";
import type { Socket } from "../../evidence/sockets.ts";
import { machineOf } from "../../evidence/where.ts";
import { receiverOf, sourceOf, sourcesBehind, works } from "../asked.ts";
import { type Check, seen } from "../check.ts";
import { asFix, seenRule, toPort, withoutRule } from "../firewall-rule.ts";
import { isLoopback, listeners } from "../sockets.ts";

/** TL111, TL112, TL113 and TL125: who listens where, on the target itself. */
export const service: Check = {
  finds: ["TL111", "TL112", "TL113", "TL125"],
  step: "service",
  explainedBy: ["TL118", "TL513"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts === undefined || works(attempts) === true) return;
    const { question, target, connect, address } = attempts;
    const { port, protocol } = question;
    if (target === null || port === undefined) return;
    const machine = machineOf(observations, target);
    const sockets = machine === undefined ? undefined : read(machine.sockets);
    const about = {
      involves: [question.from],
      explains: [`${question.from} can't reach ${target}:${port}`],
    };
    if (machine === undefined || sockets === undefined) {
      if (connect?.kind !== "seen" || connect.value !== "refused") return;
      found({
        ...about,
        code: "TL111",
        node: target,
        what: `${target} refuses ${protocol}/${port}`,
        seen: [seen(connect, connect.evidence.stderr.trim())],
        why: "the packet arrives, and the kernel refuses it, as no program has the port open",
        fix: [`on ${target}: start the service`, `on ${target}: ss -ltunp`],
      });
      return;
    }
    const refused = connect?.kind === "seen" && connect.value === "refused";
    const also = refused ? [seen(connect, connect.evidence.stderr.trim())] : [];
    const rule = leadingRule(observations, machine);
    if (rule !== undefined) {
      const led = { kind: "rule", rule } as const;
      const end = endOf(rule, sockets, { protocol, port, isTried: connect?.kind === "seen" });
      if (end === undefined) return;
      found({
        ...about,
        code: "TL111",
        node: target,
        what: `a rule of the firewall on ${target} leads ${protocol}/${port} to ${end}`,
        seen: [seenRule(machine.firewall, led), ...also],
        why: "the kernel hands such a packet to where the rule says, whoever listens on the port that was asked",
        fix: asFix(target, withoutRule(led, toPort(protocol, port))),
      });
      return;
    }
    const here = listeners(sockets, protocol, port);
    const [first] = here;
    if (first !== undefined) {
      if (address === null || here.some((socket) => takes(socket, address))) return;
      if (!here.every(isLoopback)) {
        const others = here.map((socket) => socket.address).join(" and ");
        const published = here.filter((socket) => socket.program === "tailscaled");
        const program =
          here.find((socket) => socket.program !== "tailscaled")?.program ?? "the service";
        found({
          ...about,
          code: "TL125",
          node: target,
          what:
            published.length === 0
              ? `${program} on ${target} listens on port ${port} of ${others}, and not of ${address}`
              : `tailscale serve publishes port ${port} of ${target} on its tailnet addresses alone, and not on ${address}`,
          seen: [seen(machine.sockets, here.map(({ line }) => line).join("; ")), ...also],
          why: "the kernel hands a connection to who listens on its very address, or on all of its family",
          fix: [
            ...published.slice(0, 1).map((socket) => `over the tailnet: ask for ${socket.address}`),
            `on ${target}${published.length === 0 ? "" : ", else"}: let ${program} listen on ${address.includes(":") ? "[::]" : "0.0.0.0"}, or on ${address} too`,
          ],
        });
        return;
      }
      found({
        ...about,
        code: "TL112",
        node: target,
        what: `${first.program ?? "the service"} on ${target} listens on ${first.address}:${port} alone`,
        seen: [seen(machine.sockets, first.line), ...also],
        why: "what listens on the loopback address is reached from its own machine alone",
        fix: [
          `on ${target}: let ${first.program ?? "it"} listen on 0.0.0.0, or on the machine's tailnet address`,
          ...(protocol === "tcp"
            ? [`on ${target}, else: tailscale serve --bg --tcp=${port} ${port}`]
            : []),
        ],
      });
      return;
    }
    const other = sockets.find(
      (socket) =>
        socket.protocol === protocol &&
        !isLoopback(socket) &&
        socket.program !== "tailscaled" &&
        isUsualInstead(port, socket.port) &&
        !isTailnetAddress(socket.address),
    );
    if (other !== undefined) {
      found({
        ...about,
        code: "TL113",
        node: target,
        what: `nothing listens on ${protocol}/${port} of ${target}; ${other.program ?? "a service"} listens on ${other.port}`,
        seen: [seen(machine.sockets, other.line), ...also],
        why: "a service of that kind runs, with another port than was asked",
        fix: [
          `ask for ${target}:${other.port}`,
          `on ${target}, else: let ${other.program ?? "it"} listen on ${port}`,
        ],
      });
      return;
    }
    found({
      ...about,
      code: "TL111",
      node: target,
      what: `nothing listens on ${protocol}/${port} of ${target}`,
      seen: [seen(machine.sockets, `no socket of ${protocol} with port ${port}`), ...also],
      why: "no program has the port open, so the kernel refuses what arrives",
      fix: [`on ${target}: start the service, and look why it ended`],
    });
  },
};

/** The target's own rule that leads what was asked to another port or machine. */
function leadingRule(
  observations: Observations,
  { machine, firewall }: HostObservations,
): FirewallRule | undefined {
  const { attempts } = observations;
  if (firewall.kind !== "seen" || attempts?.address == null) return undefined;
  const { address: destination, question } = attempts;
  const own = sourceOf(observations, question.from, destination) ?? "100.64.255.254";
  const receiver = receiverOf(observations);
  const isBehind = receiver !== undefined && receiver.machine.name !== machine.name;
  const [source = own] = isBehind ? sourcesBehind(receiver, { source: own, destination }) : [own];
  const device = isTailnetAddress(destination) ? "tailscale0" : undefined;
  const { port, protocol } = question;
  const packet = { source, destination, port, protocol, device, isAnswer: false } as const;
  return ledBy(firewall.value, { ...packet, hook: "input" });
}

/** Where nobody takes what a rule leads there, in words; undefined where somebody does, or that can't be told. */
function endOf(
  { to }: FirewallRule,
  sockets: readonly Socket[],
  { protocol, port, isTried }: { protocol: "tcp" | "udp"; port: number; isTried: boolean },
): string | undefined {
  if (to === undefined) return isTried ? "elsewhere, and it is not answered there" : undefined;
  const { address, port: other = port } = to;
  if (address !== undefined && !address.startsWith("127.")) {
    return isTried ? `${address}:${other}, and it is not answered there` : undefined;
  }
  const there = listeners(sockets, protocol, other);
  const [first] = there;
  if (first === undefined) return `port ${other}, where nothing listens`;
  if (address !== undefined || !there.every(isLoopback)) return undefined;
  return `port ${other}, where ${first.program ?? "the service"} listens on ${first.address} alone`;
}

/** Whether it gets what is sent to an address. `::` may be for IPv4 too, which `ss` prints as `*`. */
function takes({ address }: Socket, asked: string): boolean {
  if (address === "*" || address === asked) return true;
  return address === (asked.includes(":") ? "::" : "0.0.0.0");
}

/** Ports that stand for each other by habit: 80 and 8080, 8080 and 8081, 22 and 2222. */
function isUsualInstead(asked: number, other: number): boolean {
  const families = [
    [80, 8000, 8008, 8080, 8081, 8082, 8088, 8888],
    [443, 4443, 8443, 9443],
    [22, 222, 2022, 2222],
    [53, 5353],
    [3000, 3001],
    [9100, 9101],
  ];
  // Who has a service on its usual port meant it: another that is asked for is simply not there.
  if (other < 1024) return false;
  return families.some((family) => family.includes(asked) && family.includes(other));
}
