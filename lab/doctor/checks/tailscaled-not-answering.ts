import { type Check, seen } from "../check.ts";

/** TL119 */
export const tailscaledNotAnswering: Check = {
  finds: ["TL119"],
  step: "machine",
  explainedBy: ["TL118"],
  run({ observations, read, found }) {
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
          `on ${machine.name}: systemctl status tailscaled`,
          `on ${machine.name}: systemctl restart tailscaled`,
        ],
        explains: [`${machine.name} is out of the tailnet`],
      });
    }
  },
};
