import { internet } from "../topology/schema.ts";
import { internetPrefixes } from "./addresses.ts";
import type { Placement } from "./machine.ts";
import { failedPrefix, type PlannedFile, readyLine } from "./plan.ts";

/**
 * The functions of every boot script. ERR is trapped in functions too (-E), but in a subshell it
 * says nothing: the command that holds the subshell fails next, and says so on the real output.
 */
const prelude = `#!/bin/bash
# Boots one machine of the lab. Its last word is "${readyLine}", or the reason why not.
set -Eeuo pipefail
last_step="start"
step() { last_step="$*"; }
fail() { echo "${failedPrefix}$*"; exit 1; }
gave_up() { ((BASH_SUBSHELL)) || fail "$last_step: line $1: \${2%%$'\\n'*}"; }
trap 'gave_up "$LINENO" "$BASH_COMMAND"' ERR
last_words() { tail -n 3 <<< "$1" | tr '\\n' ' '; }
# quietly COMMAND...: what it says is told only where it fails.
quietly() {
  local said
  said=$("$@" 2>&1) || fail "$last_step: $1: $(last_words "$said")"
}

# A pause that starts no process: fifty machines that wait must not load the host.
exec {pause_fd}<> <(:)
pause() { read -rt 0.05 -u "$pause_fd" || true; }
# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < limit)) || fail "waited for $what, in vain: $*: $("$@" 2>&1 | tail -n 1)"
    pause
  done
}
# interface DOCKER-ADDRESS DEVICE ADDRESS...: Docker's address tells which interface it is.
interface() {
  local docker=$1 device=$2 now
  shift 2
  now=$(ip -o -4 addr show | awk -v a="$docker/" 'index($4, a) == 1 { print $2 }')
  [ -n "$now" ] || fail "no interface has Docker's address $docker; it is for $device"
  ip link set dev "$now" down
  ip addr flush dev "$now"
  [ "$now" = "$device" ] || ip link set dev "$now" name "$device"
  ip link set dev "$device" up
  for address in "$@"; do
    case $address in *:*) ip addr add "$address" dev "$device" nodad ;; *) ip addr add "$address" dev "$device" ;; esac
  done
}
`;

const epilogue = `echo "${readyLine}"
trap - ERR
# The machine lives as long as all that it runs.
programs=$(jobs -l)
status=0
wait -n -p ended || status=$?
fail "a program ended, exit code $status:$(sed -n "s/^.* \${ended:-none} [A-Z][a-z]*//p" <<< "$programs" | tr -s ' ')"
`;

/** Shell lines of a boot script. */
export interface BootParts {
  /** The resolver before the tailnet sets its own. */
  resolver: string;
  /** Start what the machine does, and return. */
  start: string;
  /** What follows until the machine is ready. */
  join?: string;
}

/** One container's boot script: its network first. */
export function bootFile(at: Placement, { resolver, start, join = "" }: BootParts): PlannedFile {
  const network = [
    ...at.interfaces.map(
      (i) => `interface ${i.dockerAddress} ${i.device} ${i.addresses.join(" ")}`,
    ),
    // All of the simulated internet is on its one segment.
    ...at.interfaces
      .filter((i) => i.network === internet)
      .flatMap((i) => internetPrefixes.map((to) => `ip route replace ${to} dev ${i.device}`)),
    ...(at.gateway === undefined ? [] : [`ip route replace default via ${at.gateway}`]),
    // Docker mounts this file: it can be written, not replaced.
    `echo "nameserver ${resolver}" > /etc/resolv.conf`,
  ];
  const content = [prelude, 'step "set the network up"', ...network, "", start, join, epilogue];
  return { path: bootPath, content: content.join("\n"), executable: true };
}

const bootPath = "/lab/boot.sh";
/** tini reaps what the machine's programs leave and passes signals to all of them. */
export const bootCommand = ["/usr/bin/tini", "-g", "--", bootPath];

/** Starts a program that ends with the machine: one that has none of its own still runs. */
export const idle = "sleep infinity &";

/** A word for the shell, quoted. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
