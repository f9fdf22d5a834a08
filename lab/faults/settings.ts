import { program } from "../plan/programs.ts";
import { quote } from "../plan/quote.ts";
import type { SettingStep } from "./step.ts";

/** The settings of a machine that faults change, each as one that several faults may share. */

/** A preference of a node's tailscaled. `set` has the words of `tailscale set`, with `$value` for the value. */
export function preference(
  node: string,
  name: string,
  { read, set, value }: { read: string; set: string; value: SettingStep["value"] },
): SettingStep {
  return {
    kind: "setting",
    node,
    setting: `pref ${name}`,
    read: `tailscale debug prefs | jq -r '${read}'`,
    write: `value=$(cat)\ntailscale set ${set}`,
    value,
    atBoot: "again",
  };
}

/** A sysctl of a machine's network. */
export function sysctl(node: string, name: string, value: string): SettingStep {
  return {
    kind: "setting",
    node,
    setting: `sysctl ${name}`,
    read: `sysctl -n ${name}`,
    write: { sysctl: name },
    value,
    // As one that was set by hand, and not in /etc/sysctl.d.
    atBoot: "cured",
  };
}

/** Whether a program of a machine runs; stopped, the machine lives on. `ready` is shell that ends when it serves. */
export function service(node: string, name: string, ready = ""): SettingStep {
  return {
    kind: "setting",
    node,
    setting: `service ${name}`,
    read: `if service ${name} status > /dev/null; then echo start; else echo stop; fi`,
    write: `value=$(cat)\nservice ${name} "$value"\nif [ "$value" = start ]; then :\n${ready}\nfi`,
    value: "stop",
    atBoot: "again",
  };
}

/**
 * What runs in a program's place: shell, whose last command is `exec`. Empty: the program as the machine's boot script
 * starts it. `before` and `after` are shell around its start.
 */
export function replacement(
  node: string,
  name: string,
  value: string,
  { ready = "", before = "", after = "" }: { ready?: string; before?: string; after?: string } = {},
): SettingStep {
  const file = `/run/programs/${name}`;
  return {
    kind: "setting",
    node,
    setting: `program ${name}`,
    read: `cat ${file} 2> /dev/null || true`,
    write: `cat > ${file}.new
if cmp -s ${file}.new ${file} || [ ! -s ${file}.new -a ! -e ${file} ]; then
  rm ${file}.new
else
  running=
  ! service ${name} status > /dev/null || running=yes
  [ -z "$running" ] || { ${before || ":"}
  }
  if [ -s ${file}.new ]; then mv ${file}.new ${file}; else rm -f ${file} ${file}.new; fi
  if [ -n "$running" ]; then
    service ${name} restart
    ${ready || ":"}
    ${after || ":"}
  fi
fi`,
    value,
    atBoot: "again",
  };
}

/** Shell: until a command succeeds, 30 s at most, however long each try takes. */
export const until = program("until.sh");

/** Shell: until Headscale answers. */
export const headscaleAnswers = `${until}until_succeeds headscale users list -o json`;

/**
 * Something that Headscale keeps in its database; `read` and `write` are its commands. Where it is stopped it runs for
 * them, and is stopped again.
 */
export function headscaleSetting(
  setting: string,
  { read, write, value }: Pick<SettingStep, "read" | "value"> & { write: string },
): SettingStep {
  const running = (commands: string) => `was=start
service headscale status > /dev/null || was=stop
service headscale start
${headscaleAnswers}
${commands}
service headscale $was`;
  return {
    kind: "setting",
    node: "control",
    setting,
    read: running(read),
    write: running(write),
    value,
    atBoot: "again",
  };
}

/** The policy in force. */
export function policySetting(value: SettingStep["value"]): SettingStep {
  return headscaleSetting("policy", {
    // None was ever set: one without rules allows the same.
    read: "headscale policy get 2> /dev/null || echo '{}'",
    write: "headscale policy set -f /dev/stdin > /dev/null",
    value,
  });
}

/**
 * A value in Headscale's configuration file, which it reads when it starts: the first group of `match`, a regular
 * expression of Perl. Nodes come back a second or two after the restart, and get their netmaps with the new value.
 */
export function headscaleConfig(
  key: string,
  { match, value }: { match: string; value: string },
): SettingStep {
  const file = "/lab/control/config.yaml";
  return {
    kind: "setting",
    node: "control",
    setting: `headscale ${key}`,
    read: `perl -0ne 'print $1 if m{${match}}m' ${file}`,
    write: `VALUE=$(cat) perl -0pe 's{${match}}{my $all = $&; my $at = $-[1] - $-[0]; substr($all, $at, length $1) = $ENV{VALUE}; $all}me' ${file} > ${file}.new
if cmp -s ${file}.new ${file}; then
  rm ${file}.new
else
  online() { headscale nodes list -o json | jq '[.[]? | select(.online)] | length'; }
  mv ${file}.new ${file}
  if service headscale status > /dev/null; then
    before=$(online)
    service headscale restart
    ${headscaleAnswers}
    back() { [ "$(online)" -ge "$before" ]; }
    # One that is gone meanwhile does not come back.
    until_succeeds back 2> /dev/null || true
  fi
fi`,
    value,
    atBoot: "again",
  };
}

/** A script of `lab/programs/` with variables before it. */
export function script(name: string, variables: Record<string, string>): string {
  const lines = Object.entries(variables).map(([key, value]) => `${key}=${quote(value)}`);
  return `${lines.join("\n")}\n${program(name)}`;
}
