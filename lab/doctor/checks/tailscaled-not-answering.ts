import { type Check, type Look, seen } from "../check.ts";

/** TL119 */
export const tailscaledNotAnswering: Check = {
  finds: ["TL119"],
  step: "machine",
  explainedBy: ["TL118"],
  run(look) {
    const { observations, read, found } = look;
    if (nodesWaitForControl(look)) return;
    for (const { machine, status } of observations.tailscale.values()) {
      if (status.kind === "seen" || status.isDown) continue;
      // A machine that ran the command, which did not get its answer.
      const { evidence } = status;
      const isSilent =
        evidence !== undefined &&
        (evidence.exitCode === null ||
          /failed to connect to local tailscale|is tailscaled running|deadline exceeded/i.test(
            evidence.stderr,
          ));
      if (!isSilent) {
        read(status);
        continue;
      }
      found({
        code: "TL119",
        node: machine.name,
        what: `tailscaled on ${machine.name} does not answer`,
        seen: [seen(status, status.why)],
        why: "the tunnel is tailscaled: while it does not run, or hangs, no packet goes through it",
        fix: [
          `on ${machine.name}: systemctl restart tailscaled`,
          `on ${machine.name}, where it ends again: journalctl -u tailscaled -n 100`,
        ],
        explains: [`${machine.name} is out of the tailnet`],
      });
    }
  },
};

const notRunning = /no such file or directory|doesn't appear to be running|is tailscaled running/i;

/** TL119 of nodes that have not been started: none of them has tailscaled, and control does not run either. */
export const tailscaledNotStarted: Check = {
  finds: ["TL119"],
  step: "control",
  explainedBy: ["TL301"],
  run(look) {
    if (!nodesWaitForControl(look)) return;
    for (const { machine, status } of look.observations.tailscale.values()) {
      look.found({
        code: "TL119",
        node: machine.name,
        what: `tailscaled on ${machine.name} does not run`,
        seen: [seen(status, status.kind === "unseen" ? status.why : "")],
        why: "none of the nodes has it, and the control server does not run: what starts them waits for it, as they have not joined yet",
        fix: [`on ${machine.name}, when control runs: systemctl restart tailscaled`],
        explains: [`${machine.name} is out of the tailnet`],
      });
    }
  },
};

function nodesWaitForControl({ observations: { control, tailscale } }: Look): boolean {
  const nodes = [...tailscale.values()];
  const isControlOff = control?.nodes.kind === "unseen" && control.nodes.isDown === true;
  return (
    isControlOff &&
    nodes.length > 1 &&
    nodes.every(
      ({ status }) =>
        status.kind === "unseen" &&
        status.isDown !== true &&
        notRunning.test(`${status.evidence?.stderr} ${status.why}`),
    )
  );
}
