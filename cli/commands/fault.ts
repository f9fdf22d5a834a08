import { setTimeout as pause } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { LabError } from "../../lab/errors.ts";
import { clear, clearIfThere } from "../../lab/faults/clear.ts";
import { inject } from "../../lab/faults/inject.ts";
import { faultKind, faultKinds } from "../../lab/faults/kinds.ts";
import { readFaults } from "../../lab/faults/record.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import { act, command, labCommand, type Report, type Shared } from "../command.ts";
import { asTyped, faultOf } from "../fault-arguments.ts";
import { kindJson, kindTable, kindText } from "../fault-kind-text.ts";
import { faultJson, faultTable, lineOf } from "../fault-report.ts";
import { findLab } from "../which-lab.ts";

export function faultCommand(shared: Shared): Command {
  const commands = [kindsCommand, addCommand, listCommand, clearCommand];
  const fault = new Command("fault").description("break a lab that runs, and mend it again");
  for (const make of commands) fault.addCommand(make(shared));
  return fault;
}

function kindsCommand(shared: Shared): Command {
  return command("kinds", "what can be broken, and what to type for it", [
    "fault kinds",
    "fault kinds loss",
  ])
    .argument("[kind]", "one of them, with what its words mean")
    .action(
      act(shared, async (_, name: string | undefined): Promise<Report> => {
        const kinds = name === undefined ? faultKinds : [faultKind(name)];
        return {
          json: { schema: 1, kinds: kinds.map(kindJson) },
          text: name === undefined ? kindTable(kinds) : kinds.map(kindText).join("\n"),
        };
      }),
    );
}

function addCommand(shared: Shared): Command {
  const add = labCommand("add", "inject a fault, which stays until it is cleared", [
    "fault add cut home cafe --set protocol=udp",
    "fault add loss cafe 20 --for 30s",
    "fault add stop server --lab homelab",
  ])
    .argument("<kind>", "see `fault kinds`")
    .argument("[target...]", "what the kind is about: nodes, networks, regions, values")
    .option("--set <key=value>", "another of its fields; may be repeated", collect, [])
    .option("--for <time>", "hold it so long, and clear it: 30s, 5m, 1h", milliseconds);
  return add.action(
    act(
      shared,
      async (
        { signal, progress, lab: option },
        name: string,
        targets: string[],
      ): Promise<Report> => {
        const options = add.opts<{ set: string[]; for?: number }>();
        const kind = faultKind(name);
        const declared = faultOf(kind, targets, options.set);
        const lab = await findLab({ lab: option });
        const injected = await progress
          .step(`Inject ${name} into lab ${lab.name}`, () => inject(lab, declared, { signal }))
          .catch((error: unknown) => {
            throw asTyped(kind, error);
          });
        if (injected.state === "over") {
          return {
            json: { schema: 1, lab: lab.name, state: "over", fault: injected.fault },
            text: `${name} is over; there is nothing to clear.`,
          };
        }
        const { record, state } = injected;
        // One that was there already is somebody else's to clear.
        if (options.for !== undefined && state === "injected") {
          await hold(lab, record.id, options.for, signal);
          return {
            json: { schema: 1, lab: lab.name, state: "cleared", ...faultJson(record) },
            text: `${lineOf(record)} was injected and is cleared.`,
          };
        }
        return {
          json: { schema: 1, lab: lab.name, state, ...faultJson(record) },
          text: `${record.id}: ${lineOf(record)} ${state === "injected" ? "is injected" : `was there already${options.for === undefined ? "" : ", and stays"}`}.\nClear it with: tailnet-lab fault clear ${record.id}${option === undefined ? "" : ` --lab ${lab.name}`}`,
        };
      },
    ),
  );
}

function listCommand(shared: Shared): Command {
  return labCommand("list", "which faults a lab has", ["fault list", "fault list --json"]).action(
    act(shared, async ({ lab: option }) => {
      const lab = await findLab({ lab: option });
      const records = await readFaults(lab);
      return {
        json: { schema: 1, lab: lab.name, faults: records.map(faultJson) },
        text: records.length === 0 ? `Lab ${lab.name} has no faults.` : faultTable(records),
      };
    }),
  );
}

function clearCommand(shared: Shared): Command {
  const command = labCommand("clear", "undo a fault, or all", [
    "fault clear fmkd2x7q1",
    "fault clear --all",
  ])
    .argument("[id]", "see `fault list`")
    .option("--all", "every fault of the lab");
  return command.action(
    act(shared, async ({ signal, progress, lab: option }, id: string | undefined) => {
      const { all = false } = command.opts<{ all?: boolean }>();
      if ((id === undefined) !== all) {
        throw new LabError("UsageInvalid", "name one fault, or all", {
          where: "[id]",
          remedy: "tailnet-lab fault clear ID, or tailnet-lab fault clear --all",
        });
      }
      const lab = await findLab({ lab: option });
      const cleared = await progress.step(`Clear faults of lab ${lab.name}`, () =>
        clear(lab, id === undefined ? "all" : [id], signal),
      );
      return {
        json: { schema: 1, lab: lab.name, cleared: cleared.map(faultJson) },
        text:
          cleared.length === 0
            ? `Lab ${lab.name} has no faults.`
            : cleared.map((record) => `${record.id}: ${lineOf(record)} is cleared.`).join("\n"),
      };
    }),
  );
}

/** Holds a fault for a time, or until it is interrupted, and clears it either way. */
async function hold(lab: RunningLab, id: string, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await clearIfThere(lab, id);
  }
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function milliseconds(text: string): number {
  const [, number, unit = ""] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  const factor = units[unit];
  // Node's timers know no longer one: 24 days.
  if (factor === undefined || Number(number) * factor >= 2 ** 31) {
    throw new InvalidArgumentError("Write a time such as 30s, 5m or 1h.");
  }
  return Number(number) * factor;
}
