import { internet } from "../topology/schema.ts";
import { internetPrefixes } from "./addresses.ts";
import type { Placement } from "./machine.ts";
import { failedPrefix, readyLine } from "./plan.ts";

/**
 * The functions of every boot script. ERR is trapped in functions too (-E), but in a subshell it
 * says nothing: the command that holds the subshell fails next, and says so on the real output.
 */
const prelude = `# Boots one machine of the lab. Its last word is "${readyLine}", or the reason why not.
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

# pause MICROSECONDS: starts no process, as fifty machines that wait must not load the host.
exec {pause_fd}<> <(:)
pause() {
  local seconds
  printf -v seconds %d.%06d $(($1 / 1000000)) $(($1 % 1000000))
  read -rt "$seconds" -u "$pause_fd" || true
}
# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local seconds=$1 limit=$(($1 * 1000000)) what=$2 since=\${EPOCHREALTIME/./} waited
  shift 2
  until "$@" >/dev/null 2>&1; do
    waited=$((\${EPOCHREALTIME/./} - since))
    ((waited < limit)) || fail "timed out after $seconds s waiting for $what: $*: $("$@" 2>&1 | tail -n 1)"
    # The longer it takes, the less a moment more matters.
    pause $((waited < 200000 ? 20000 : waited < 2500000 ? waited / 10 : 250000))
  done
}
# bound tcp|udp PORT: whether a server listens there, for IPv4 and for IPv6.
bound() {
  local sockets
  sockets=$(ss -Hln "--$1" "sport = :$2")
  [[ $sockets == *$'\\n'* ]]
}
# interface DOCKER-ADDRESS DEVICE ADDRESS...: Docker's address tells which interface it is.
interface() {
  local docker=$1 device=$2 now='' name address mtu
  shift 2
  while read -r _ name _ address _; do
    [[ $address != "$docker/"* ]] || now=$name
  done <<< "\${docker_addresses:=$(ip -o -4 addr show)}"
  [ -n "$now" ] || fail "no interface has Docker's address $docker; it is for $device"
  # Docker Engine 26 and newer switches IPv6 off on each interface of a network without IPv6. The kernel
  # forgets an interface's IPv6 settings when its MTU falls under 1280, and takes the defaults above it.
  mtu=$(< "/sys/class/net/$now/mtu")
  network "link set dev $now down" "addr flush dev $now" "link set dev $now mtu 1279" "link set dev $now mtu $mtu"
  [ "$now" = "$device" ] || network "link set dev $now name $device"
  network "link set dev $device up"
  for address in "$@"; do
    case $address in *:*) address+=" nodad" ;; esac
    network "addr add dev $device $address"
  done
}
# network LINE...: what ip is to do when \`ip -batch\` gets all lines at once.
network_lines=()
network() { network_lines+=("$@"); }
set_network() { ip -batch <(printf '%s\\n' "\${network_lines[@]}"); }
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
export function bootScript(at: Placement, { resolver, start, join = "" }: BootParts): string {
  const network = [
    ...at.interfaces.map(
      (i) => `interface ${i.dockerAddress} ${i.device} ${i.addresses.join(" ")}`,
    ),
    // All of the simulated internet is on its one segment.
    ...at.interfaces
      .filter((i) => i.network === internet)
      .flatMap((i) =>
        internetPrefixes.map((to) => `network "route replace ${to} dev ${i.device}"`),
      ),
    ...(at.gateway === undefined ? [] : [`network "route replace default via ${at.gateway}"`]),
    "set_network",
    // Docker mounts this file: it can be written, not replaced.
    `echo "nameserver ${resolver}" > /etc/resolv.conf`,
  ];
  return [prelude, 'step "set the network up"', ...network, "", start, join, epilogue].join("\n");
}

/**
 * The command of a container with this boot script. The script is an argument, no file: to put one
 * into a container costs the engine as much as half a start. tini reaps what the machine's programs
 * leave and passes signals to all of them.
 */
export function bootCommand(script: string): string[] {
  return ["/usr/bin/tini", "-g", "--", "/bin/bash", "-c", script, "boot"];
}

/** Starts a program that ends with the machine: one that has none of its own still runs. */
export const idle = "sleep infinity &";

/** A word for the shell, quoted. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
