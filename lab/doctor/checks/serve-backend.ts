import { isBackendMissing } from "../../evidence/serve.ts";
import { type Check, seen } from "../check.ts";

/** TL129: `tailscale serve` takes connections for a program of the machine, and that is not there. */
export const serveBackend: Check = {
  finds: ["TL129"],
  step: "service",
  explainedBy: ["TL118", "TL119"],
  run({ observations, question, read, found }) {
    for (const node of observations.tailscale.values()) {
      const { name } = node.machine;
      const { attempts } = observations;
      if (attempts !== undefined && attempts.target !== name) continue;
      if (read(node.status)?.backendState !== "Running") continue;
      const published = read(node.serve) ?? [];
      const sockets = published.length === 0 ? undefined : read(node.sockets);
      if (sockets === undefined) continue;
      const dead = published.find(
        (each) =>
          (question === undefined || question.port === each.port) &&
          isBackendMissing(each, sockets),
      );
      if (dead === undefined) continue;
      const { port, backend, line } = dead;
      const place = `${backend.host}:${backend.port}`;
      found({
        code: "TL129",
        node: name,
        ...(question === undefined ? {} : { involves: [question.from], isBehindAnswer: true }),
        what: `${name} publishes port ${port} by tailscale serve, and nothing listens on ${place} behind it`,
        seen: [
          seen(node.serve, line),
          seen(node.sockets, `no socket of tcp with port ${backend.port} for ${backend.host}`),
        ],
        why: "tailscaled takes the connection itself, and closes it, or answers HTTP with 502, as it can't hand it on",
        fix: [
          `on ${name}: start what should listen on ${place}`,
          ...(line.includes("TCPForward")
            ? [
                `on ${name}, else, where it listens on another PORT: tailscale serve --bg --tcp=${port} PORT`,
              ]
            : []),
        ],
        explains: [`who connects to ${name}:${port} gets no answer`],
      });
    }
  },
};
