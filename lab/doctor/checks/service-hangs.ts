import { leftWaiting, unaccepted } from "../asked.ts";
import { type Check, seen } from "../check.ts";

/** TL127 service-not-accepting: the kernel opens a connection, and the program does not take it. */
export const serviceHangs: Check = {
  finds: ["TL127"],
  step: "service",
  explainedBy: ["TL118"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts === undefined || attempts.target === null) return;
    const { target, question, after } = attempts;
    const sockets = after?.get(target)?.sockets;
    const socket =
      unaccepted(attempts) ?? (observations.isLive ? undefined : leftWaiting(attempts));
    if (sockets !== undefined && question.port !== undefined) read(sockets);
    if (sockets === undefined || socket === undefined) return;
    const { program = "the program", waiting, backlog, port, line } = socket;
    const connections = waiting === 1 ? "a connection" : `${waiting} connections`;
    const isFull = waiting > backlog;
    found({
      code: "TL127",
      node: target,
      what: `${program} on ${target} listens on port ${port}, and has not accepted ${connections}`,
      seen: [seen(sockets, line)],
      why: "the kernel opens connections for who listens; what is sent is read, and answered, by the program alone: it is stopped, stuck, or has no worker free",
      fix: [
        `on ${target}: ps -o pid,stat,wchan,cmd -C ${program}, where T is stopped and D waits for a disk`,
        `on ${target}: look at the log of ${program}, and restart it`,
      ],
      explains: [
        isFull
          ? `new connections to ${question.to}:${port} time out: no more can wait`
          : `${question.from} connects to ${question.to}:${port}, and gets no answer`,
      ],
    });
  },
};
