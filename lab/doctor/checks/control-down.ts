import { commandLine } from "../../evidence/commands.ts";
import type { ControlObservations } from "../../evidence/observations.ts";
import type { Check, Look } from "../check.ts";
import type { Seen } from "../finding.ts";
import { hostOf, judge, ownCauses, type Tried } from "./control-trials.ts";

/** TL301 by its own machine: what is the matter with a node explains nothing of that. */
export const controlDown: Check = {
  finds: ["TL301"],
  step: "control",
  explainedBy: [],
  run(look) {
    const { failed, isDown, silence } = judge(look);
    if (isDown && silence !== undefined) allDown(look, failed, silence);
  },
};

/** TL301 by what the nodes see, where its own machine can't be asked. */
export const controlSilent: Check = {
  finds: ["TL301"],
  step: "control",
  explainedBy: ownCauses,
  run(look) {
    const { failed, isDown, silence } = judge(look);
    if (isDown && silence === undefined) allDown(look, failed, silence);
  },
};

function allDown(look: Look, failed: readonly Tried[], silence: Seen | undefined): void {
  const { control: server, tailscale } = look.observations;
  const name = server?.machine.name ?? hostOf(failed[0]?.probe.url ?? "") ?? "control";
  const said = silence === undefined ? undefined : lastWords(server);
  const [first, ...others] = [
    ...(silence === undefined ? [] : [silence]),
    ...(said === undefined ? [] : [said]),
    ...failed.map(({ seen }) => seen),
  ];
  if (first === undefined) return;
  look.found({
    code: "TL301",
    node: name,
    involves: [...tailscale.keys()],
    what: "the control server does not answer",
    seen: [first, ...others.slice(0, 2)],
    why:
      silence === undefined
        ? `none of the ${failed.length} nodes that tried gets an answer; whether it is the server or its network can't be told from the nodes alone`
        : "it does not answer on its own machine either",
    fix: [
      ...(said !== undefined && /rejects the policy/.test(said.line)
        ? ["in the policy: correct what that line says, and give it to control again"]
        : []),
      `on ${name}: systemctl restart headscale`,
      `on ${name}, where it ends again: journalctl -u headscale -n 100`,
    ],
    explains: [
      "nodes that are connected go on with what they know",
      "no node can join, log in or hear of a change",
    ],
  });
}

/** Why it has ended, or did not start, in its own words. */
function lastWords(server: ControlObservations | undefined): Seen | undefined {
  if (server?.log.kind !== "seen") return undefined;
  const line = server.log.evidence.stdout
    .split("\n")
    .findLast((each) => /\bFTL\b|[Ff]atal|panic:|rejects the policy/.test(each));
  if (line === undefined) return undefined;
  const { node, argv } = server.log.evidence;
  return { node, command: commandLine(argv), line: line.trim() };
}
