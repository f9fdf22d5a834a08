import { expect, test } from "vitest";
import type { Case } from "../../scenarios/cases/case.ts";
import { stepText } from "../../scenarios/cases/commands.ts";
import { cases } from "../../scenarios/cases/index.ts";
import { readRecording } from "../../scenarios/cases/recording.ts";

/** A command that a person can type as it stands, and on no condition. */
const command =
  /^on [\w.-]+(?:, which [^:]*)?: (?:headscale|ip|iptables|nft|sed|sysctl|systemctl|tailscale) /;
/** What is done to the policy, between the commands that get and set it. */
const change = /^on control, in policy\.hujson: (?:add (\{.*\}) to "grants")?/;

/** The doctor's commands, up to the first line that is none: what comes then is in words, or would do else. */
function commandsOf(fix: readonly string[]): string[] {
  const changed = change.exec(fix[1] ?? "");
  if (changed !== null) {
    const [, granted] = changed;
    return granted === undefined
      ? []
      : [`on control: grants ${JSON.stringify(JSON.parse(granted))}`];
  }
  const end = fix.findIndex((line) => !command.test(line));
  const first = end === -1 ? fix : fix.slice(0, end);
  return first.map((line) =>
    line
      .replace(/^on ([\w-]+)[^:]*:/, "on $1:")
      .replace(/ (-[iu]|handle) \d+/g, " $1 VALUE")
      .replace(/ inet f\w{8} /, " inet VALUE ")
      .replace(/\bKEY\b/, "VALUE")
      .replace(/\bderp-(?:fra|nyc)\b/, "derp"),
  );
}

/** What the doctor knows, the remedy has to look up first. */
function remedyOf({ remedy }: Case): string[] {
  return remedy
    .filter((step) => !("as" in step) || step.as === "KEY")
    .map((step) =>
      stepText(step)
        .replace(/ {3}# call .*$/, "")
        .replace(/: headscale policy get \| jq '.grants \+= \[(\{.*\})\]' .*$/, ": grants $1")
        .replace(/service (\S+) (?:start|restart)/g, "systemctl restart $1")
        .replace(/\$[A-Z]+/g, "VALUE")
        .replace(/\bderp-(?:fra|nyc)\b/, "derp"),
    );
}

// `case run` asserts that the remedy repairs, and that the doctor still says what is recorded.
test.each(cases.map((each) => [each.name, each] as const))(
  "%s: what the doctor has one type first is the remedy",
  async (name, theCase) => {
    const recording = await readRecording(name);
    const commands = commandsOf(recording?.finding.fix ?? []);
    expect(remedyOf(theCase).slice(0, commands.length)).toEqual(commands);
  },
);
