import { dirname } from "node:path";
import type { ScriptStep, SettingStep } from "./step.ts";
import { baseFile, type StoredStep, stepFile, stepsDirectory } from "./store.ts";

/** How the boot script runs what it finds. */
export const runner = ["bash", "-Eeuo", "pipefail"];
const run = runner.join(" ");

/** Shell that injects a step. */
export function injectScript(stored: StoredStep, step: ScriptStep | SettingStep): string {
  const script = step.kind === "script" ? step.inject : `${keepBase(step)}\n${settle(step)}`;
  return withFault(stored, script);
}

/** Shell that undoes a step; safe where it was never injected. The step is cleared already, or its directory is gone. */
export function undoScript(stored: StoredStep, step: ScriptStep | SettingStep): string {
  return withFault(stored, step.kind === "script" ? step.clear : settle(step));
}

/** Shell that makes a step's value of the one before, which is on its standard input. */
export function valueScript({ value }: SettingStep): string {
  return typeof value === "string" ? `cat > /dev/null\nprintf %s ${quoted(value)}\n` : value.edit;
}

/** Notes the value of before the first fault of this setting. */
function keepBase({ setting, read }: SettingStep): string {
  const base = baseFile(setting);
  return `if [ ! -e ${base} ]; then
mkdir -p ${dirname(base)}
(
${read}
) > ${base}.new
mv ${base}.new ${base}
fi`;
}

/**
 * Gives a setting the value that the faults make of it which are there now, one after the other, from the value of before
 * the first; without any, it has that again. A sysctl's value is printed instead.
 */
function settle({ setting, write }: SettingStep): string {
  const base = baseFile(setting);
  return `if [ -e ${base} ]; then
left=
cp ${base} ${base}.value
for step in ${stepsDirectory}/*/; do
  [ -e "$step/${stepFile.value}" ] && [ ! -e "$step/${stepFile.undo}" ] || continue
  [ "$(cat "$step/${stepFile.base}")" = ${base} ] || continue
  ${run} "$step/${stepFile.value}" < ${base}.value > ${base}.new
  mv ${base}.new ${base}.value
  left=yes
done
${typeof write === "string" ? `(\n${write}\n) < ${base}.value` : `cat ${base}.value`}
rm ${base}.value
[ -n "$left" ] || rm ${base}
fi`;
}

/** Shell that catches up with what was asked of a machine while it stood still. */
export const catchUpScript = `for step in ${stepsDirectory}/*/; do
  if [ -e "$step/${stepFile.undo}" ]; then
    ${run} "$step/${stepFile.undo}"
    rm -r "$step"
  elif [ -e "$step/${stepFile.pending}" ]; then
    ${run} "$step/${stepFile.inject}"
    rm "$step/${stepFile.pending}"
  fi
done`;

function withFault({ id }: StoredStep, script: string): string {
  return `export FAULT=${id}\n${script}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
