import { type Dropped, droppedBy, droppedText, grownDrops } from "../../evidence/firewall.ts";
import type { FirewallPacket } from "../../evidence/firewall-packet.ts";
import type { HostObservations } from "../../evidence/observations.ts";
import { isTailnetAddress } from "../../evidence/prefix.ts";
import { machineOf } from "../../evidence/where.ts";
import { isHeard, receiverOf, sourceOf, sourcesBehind, works } from "../asked.ts";
import { type Check, type Look, seen } from "../check.ts";
import { isLoopback } from "../sockets.ts";

/** TL114: a rule of the machine itself drops what comes out of the tunnel, or by way of a subnet router. */
export const hostFirewall: Check = {
  finds: ["TL114"],
  step: "host-firewall",
  explainedBy: [],
  run(look) {
    if (look.observations.attempts === undefined) lookAtAll(look);
    else lookOnTheWay(look);
  },
};

function lookOnTheWay(look: Look): void {
  const { observations, read } = look;
  const { attempts } = observations;
  if (attempts?.address == null || works(attempts) === true) return;
  const { address, question, target, connect } = attempts;
  if (question.port === undefined && isHeard(attempts)) return;
  const isRefused = connect?.kind === "seen" && connect.value === "refused";
  const source = sourceOf(observations, question.from) ?? "100.64.0.1";
  const { port, protocol } = question;
  const asked = { source, destination: address, port, protocol, isAnswer: false };
  const answer = { ...asked, source: address, destination: source, isAnswer: true };
  const tunnel = "tailscale0";
  const own = observations.tailscale.get(question.from);
  const receiver = receiverOf(observations);
  const isForwarded =
    receiver !== undefined && !isTailnetAddress(address) && receiver.machine.name !== target;
  const goesIn = isTailnetAddress(address) || receiver !== undefined;
  const what = `${protocol}/${port ?? "*"}`;
  const to = target ?? address;
  const tryAt = (
    machine: HostObservations | undefined,
    packet: FirewallPacket,
    told: string,
  ): boolean => {
    const rules = machine === undefined ? undefined : read(machine.firewall);
    if (machine === undefined || rules === undefined) return false;
    const after = attempts.after?.get(machine.machine.name)?.firewall;
    const dropped =
      droppedBy(rules, packet) ??
      (after?.kind === "seen" ? grownDrops(rules, after.value, packet) : undefined);
    if (dropped === undefined || (isRefused && !isReject(dropped))) return false;
    tell(look, machine, dropped, [question.from], told);
    return true;
  };
  if (goesIn) tryAt(own, { ...asked, hook: "output", device: tunnel }, `its own ${what} to ${to}`);
  const hook = isForwarded ? "forward" : "input";
  tryAt(receiver, { ...asked, hook, device: tunnel }, `${what} out of the tailnet`);
  if (!isForwarded) {
    tryAt(receiver, { ...answer, hook: "output", device: tunnel }, `its own answers from ${what}`);
  } else if (target !== null) {
    const host = machineOf(observations, target);
    const at = { hook: "input", device: undefined } as const;
    for (const router of sourcesBehind(receiver, asked)) {
      const isTold =
        tryAt(host, { ...asked, ...at, source: router }, `${what} from ${router}`) ||
        tryAt(
          host,
          { ...answer, hook: "output", device: undefined, destination: router },
          `its own answers from ${what} to ${router}`,
        );
      if (isTold) break;
    }
  }
  if (goesIn) {
    tryAt(own, { ...answer, hook: "input", device: tunnel }, `the answers from ${what} of ${to}`);
  }
}

/** Every service that is open to others is tried against the rules. */
function lookAtAll(look: Look): void {
  for (const machine of look.observations.tailscale.values()) {
    const [rules, sockets] = [look.read(machine.firewall), look.read(machine.sockets)];
    if (rules === undefined || sockets === undefined) continue;
    for (const socket of sockets) {
      if (isLoopback(socket) || socket.program === "tailscaled") continue;
      const dropped = droppedBy(rules, {
        hook: "input",
        device: "tailscale0",
        // A node of the tailnet; rules about one address say nothing of the machine.
        source: "100.64.255.254",
        destination: socket.address,
        port: socket.port,
        protocol: socket.protocol,
        isAnswer: false,
      });
      if (dropped === undefined) continue;
      tell(look, machine, dropped, [], `${socket.protocol}/${socket.port} out of the tailnet`);
      break;
    }
  }
}

function isReject(dropped: Dropped): boolean {
  return dropped.kind === "rule" && dropped.rule.verdict === "reject";
}

function tell(
  { found, observations }: Look,
  { machine, firewall }: HostObservations,
  dropped: Dropped,
  involves: string[],
  what: string,
): void {
  found({
    code: "TL114",
    node: machine.name,
    involves,
    what: `a firewall on ${machine.name} ${isReject(dropped) ? "rejects" : "drops"} ${what}`,
    seen: [seen(firewall, droppedText(dropped))],
    ...(observations.tailscale.has(machine.name)
      ? {
          why: "a drop in any base chain is final, whatever Tailscale's own rules accept; `tailscale ping` is answered by tailscaled and passes",
          fix: [
            `on ${machine.name}: nft -a list ruleset, and take that rule away or let tailscale0 pass before it`,
            `on ${machine.name}, with ufw: ufw allow in on tailscale0`,
          ],
        }
      : {
          why: "a drop in any base chain is final; what comes by a subnet router has the router's address in the LAN, where it masquerades",
          fix: [
            `on ${machine.name}: nft -a list ruleset, and take that rule away or let these packets pass before it`,
          ],
        }),
    explains: [`connections by the tailnet, to or from ${machine.name}, do not come about`],
  });
}
