import { seenValue } from "../../evidence/observation.ts";
import type { Attempts } from "../../evidence/observations.ts";
import { isOnMachine } from "../../evidence/serve.ts";
import type { Socket } from "../../evidence/sockets.ts";
import { type Check, seen } from "../check.ts";
import { listeners } from "../sockets.ts";

/** TL127 service-not-accepting: the kernel opens a connection, and the program does not take it. */
export const serviceHangs: Check = {
  finds: ["TL127"],
  step: "service",
  explainedBy: ["TL118"],
  run({ observations, read, found }) {
    const { attempts, isLive } = observations;
    if (attempts === undefined || attempts.target === null) return;
    const { target, question, after } = attempts;
    const sockets = after?.get(target)?.sockets;
    if (sockets === undefined || question.port === undefined) return;
    const { protocol } = question;
    // What tailscale serve takes waits for who is behind it.
    const published = seenValue(observations.tailscale.get(target)?.serve) ?? [];
    const behind = published.filter((each) => each.port === question.port && isOnMachine(each));
    const socket = [question.port, ...behind.map(({ backend }) => backend.port)]
      .flatMap((port) => listeners(read(sockets) ?? [], protocol, port))
      .find((each) => isUnaccepted(each, attempts, isLive));
    if (socket === undefined) return;
    const { program: named, waiting, backlog, port, line } = socket;
    const program = named ?? "the program";
    const connections = waiting === 1 ? "a connection" : `${waiting} connections`;
    const isFull = waiting > backlog;
    found({
      code: "TL127",
      node: target,
      isBehindAnswer: true,
      what: `${program} on ${target} listens on port ${port}, and has not accepted ${connections}`,
      seen: [seen(sockets, line)],
      why: "the kernel opens connections for who listens; what is sent is read, and answered, by the program alone: it is stopped, stuck, or has no worker free",
      fix: [
        ...(named === undefined
          ? [`on ${target}: restart the program`]
          : [
              `on ${target}: systemctl restart ${named}`,
              `on ${target}, before that, where T is stopped and D waits for a disk: ps -o pid,stat,wchan,cmd -C ${named}`,
            ]),
      ],
      explains: [
        isFull
          ? `new connections to ${question.to}:${question.port} time out: no more can wait`
          : `${question.from} connects to ${question.to}:${question.port}, and gets no answer`,
      ],
    });
  },
};

/**
 * Whether the kernel has opened what the program does not accept: the connection that was tried is among those that
 * wait, or was dropped, as too many do. In a capture nobody can try: there those tell that were left waiting.
 */
function isUnaccepted(
  { waiting, backlog }: Socket,
  { connect }: Attempts,
  isLive: boolean,
): boolean {
  if (connect?.kind !== "seen") return !isLive && waiting > 0;
  if (connect.value === "connected") return waiting > 0;
  return connect.value === "timeout" && waiting > backlog;
}
