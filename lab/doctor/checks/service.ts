import { isTailnetAddress } from "../../evidence/prefix.ts";
import type { Socket } from "../../evidence/sockets.ts";
import { machineOf } from "../../evidence/where.ts";
import { works } from "../asked.ts";
import { type Check, seen } from "../check.ts";
import { isLoopback, listeners } from "../sockets.ts";

/** TL111, TL112, TL113 and TL125: who listens where, on the target itself. */
export const service: Check = {
  finds: ["TL111", "TL112", "TL113", "TL125"],
  step: "service",
  explainedBy: ["TL118"],
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
        fix: [`on ${target}: ss -ltunp, and start the service`],
      });
      return;
    }
    const here = listeners(sockets, protocol, port);
    const refused = connect?.kind === "seen" && connect.value === "refused";
    const also = refused ? [seen(connect, connect.evidence.stderr.trim())] : [];
    const [first] = here;
    if (first !== undefined) {
      if (address === null || here.some((socket) => takes(socket, address))) return;
      if (!here.every(isLoopback)) {
        const others = here.map((socket) => socket.address).join(" and ");
        found({
          ...about,
          code: "TL125",
          node: target,
          what: `${first.program ?? "the service"} on ${target} listens on port ${port} of ${others}, and not of ${address}`,
          seen: [seen(machine.sockets, here.map(({ line }) => line).join("; ")), ...also],
          why: "the kernel hands a connection to who listens on its very address, or on all of its family",
          fix: [
            `on ${target}: let ${first.program ?? "it"} listen on ${address.includes(":") ? "[::]" : "0.0.0.0"}, or on ${address} too`,
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
          `on ${target}, else: tailscale serve --${protocol}=${port} ${port}`,
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
      why: "the packet arrives, and no program has the port open",
      fix: [`on ${target}: start the service, and look why it ended`],
    });
  },
};

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
