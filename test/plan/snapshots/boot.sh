# Boots one machine of the lab. Its last line is "tailnet-lab: ready", or the reason why not.
set -Eeuo pipefail
last_step="start"
step() { last_step="$*"; }
# What a failure is told as, and where: control applies changed settings in a subshell of its own.
failed_prefix='tailnet-lab: failed: '
reporting_shell=0
fail() {
  echo "$failed_prefix$*"
  exit 1
}
# ERR is trapped in functions too (-E), but in a subshell it prints nothing: the command that holds the
# subshell fails next, and is told on the real output.
on_error() { ((BASH_SUBSHELL != reporting_shell)) || fail "$last_step: line $1: ${2%%$'\n'*}"; }
trap 'on_error "$LINENO" "$BASH_COMMAND"' ERR
last_lines() { tail -n 3 <<< "$1" | tr '\n' ' '; }
# quietly COMMAND...: its output is shown only where it fails.
quietly() {
  local output
  output=$("$@" 2>&1) || fail "$last_step: $1: $(last_lines "$output")"
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
  local seconds=$1 limit=$(($1 * 1000000)) what=$2 since=${EPOCHREALTIME/./} waited
  shift 2
  until "$@" >/dev/null 2>&1; do
    waited=$((${EPOCHREALTIME/./} - since))
    ((waited < limit)) || fail "timed out after $seconds s waiting for $what: $*: $("$@" 2>&1 | tail -n 1)"
    # The longer it takes, the less a moment more matters.
    pause $((waited < 200000 ? 20000 : waited < 2500000 ? waited / 10 : 250000))
  done
}
# bound tcp|udp PORT SOCKETS: whether so many listen there: one for IPv4 and one for IPv6, or one of loopback.
bound() {
  local sockets
  mapfile -t sockets < <(ss -Hln "--$1" "sport = :$2")
  ((${#sockets[@]} >= $3))
}

# run_program NAME COMMAND...: starts a program that the machine lives with; `program` is its process id. One that ends
# ends the machine, unless it is to be started anew (service.sh). It is then what /run/programs/NAME says, a piece of
# shell, and what was given here where there is no such file.
declare -A program_names=() program_commands=()
run_program() {
  ((${#program_names[@]} > 0)) || { rm -rf /run/programs && mkdir /run/programs; }
  program_commands[$1]=$(printf '%q ' "${@:2}")
  start_program "$1"
}
start_program() {
  local file=/run/programs/$1
  if [ -e "$file.stopped" ]; then
    (trap '' HUP && exec sleep infinity) &
  elif [ -e "$file" ]; then
    (. "$file") &
  else
    eval "${program_commands[$1]}" '&'
  fi
  for program in "${!program_names[@]}"; do
    [ "${program_names[$program]}" != "$1" ] || unset "program_names[$program]"
  done
  program=$!
  program_names[$program]=$1
  echo $program > "$file.pid"
}

# network LINE...: what ip does when `ip -batch` gets all lines at once.
network_lines=()
network() { network_lines+=("$@"); }
set_network() { ip -batch <(printf '%s\n' "${network_lines[@]}"); }
declare -A segment_of=() hardware_address_of=()
# interface DOCKER-ADDRESS DEVICE HARDWARE-ADDRESS SEGMENT ADDRESS...: Docker's address tells which interface it is.
interface() {
  local docker=$1 device=$2 hardware=$3 now='' name address mtu
  segment_of[$device]=$4 hardware_address_of[$device]=$3
  shift 4
  while read -r _ name _ address _; do
    [[ $address != "$docker/"* ]] || now=$name
  done <<< "${docker_addresses:=$(ip -o -4 addr show)}"
  [ -n "$now" ] || fail "no interface has Docker's address $docker; it is for $device"
  # Docker Engine 26 and newer switches IPv6 off on each interface of a network without IPv6. The kernel
  # forgets an interface's IPv6 settings when its MTU falls under 1280, and takes the defaults above it.
  mtu=$(< "/sys/class/net/$now/mtu")
  network "link set dev $now down" "addr flush dev $now" "link set dev $now mtu 1279" "link set dev $now mtu $mtu"
  network "link set dev $now address $hardware"
  [ "$now" = "$device" ] || network "link set dev $now name $device"
  network "link set dev $device up"
  for address in "$@"; do
    case $address in *:*) address+=" nodad" ;; esac
    network "addr add dev $device $address"
  done
}

# Permanent neighbour entries for all machines on the same segments: they take no room in the kernel's
# table, which all containers share, and need no ARP. An entry of a machine that is gone is removed.
declare -A neighbours=()
load_neighbours() {
  local device segment address hardware lines=() key
  local -A now=()
  for device in "${!segment_of[@]}"; do
    segment=/lab/network/current/neighbours-${segment_of[$device]}
    # Not there yet: this machine is newer than the settings, and the next version has it.
    [ -e "$segment" ] || continue
    while read -r address hardware; do
      [[ $hardware != "${hardware_address_of[$device]}" ]] || continue
      key="$address dev $device"
      now[$key]=$hardware
      [[ ${neighbours[$key]:-} == "$hardware" ]] ||
        lines+=("neigh replace $address lladdr $hardware dev $device nud permanent")
    done < "$segment"
  done
  for key in "${!neighbours[@]}"; do
    [ -n "${now[$key]:-}" ] || lines+=("neigh del $key")
  done
  neighbours=()
  for key in "${!now[@]}"; do neighbours[$key]=${now[$key]}; done
  ((${#lines[@]} == 0)) || ip -force -batch <(printf '%s\n' "${lines[@]}")
}
# What a machine does beside when the lab's network has changed.
network_changed() { :; }
# read_network: whether the container `settings` has published another version than the one that was read last.
network_version=''
read_network() {
  local version=''
  { read -r version < /lab/network/version; } 2> /dev/null || true
  [[ $version != "$network_version" ]] || return 1
  network_version=$version
  load_neighbours
}
# Follows it as long as the machine lives.
follow_network() {
  local interval=50000
  while :; do
    if read_network; then network_changed; fi
    pause $interval
    ((interval >= 1000000)) || interval=$((interval + 10000))
  done
}
# receive NAME: what control has left for this machine alone, decrypted by its token.
receive() {
  openssl enc -d -aes-256-cbc -pbkdf2 -iter 1 -pass env:TAILNET_LAB_TOKEN -in "/lab/tailnet/secrets/$1"
}

…
# What was injected into this machine (lab/faults/store.ts): what a restart cures is forgotten; of the rest, in its order,
# what does not hold by itself is injected again, and what was cleared while the machine stood still is undone.
restore_faults() {
  local step faults=/var/lib/tailnet-lab/faults
  for step in "$faults"/*/; do
    [ -e "$step" ] && [ ! -e "$step/again" ] && [ ! -e "$step/pending" ] && [ ! -e "$step/undo" ] || continue
    [ ! -e "$step/base" ] || rm -f "$(< "$step/base")"
    rm -r "$step"
  done
  for step in "$faults"/*/; do
    if [ -e "$step/undo" ]; then
      quietly bash -Eeuo pipefail "$step/undo"
      rm -r "$step"
    elif [ -e "$step/inject" ]; then
      quietly bash -Eeuo pipefail "$step/inject"
      rm -f "$step/pending"
    fi
  done
}
# A job, as what it does may be to start a program anew. It says itself that it is done: bash forgets a job that ends
# before it is waited for.
step "inject faults again"
{
  restore_faults
  echo "tailnet-lab: ready"
} &
restoring=$!
trap - ERR
# The machine lives as long as all that it runs. Nothing is started between the look at who lives and the wait, as bash
# may forget then who has just ended.
while :; do
  programs=$(jobs -l)
  status=0 ended='' living=()
  for pid in "${!program_names[@]}"; do living+=(-a -e "/proc/$pid"); done
  if [ -e /proc "${living[@]}" ]; then
    wait -n -p ended || status=$?
  else
    for pid in "${!program_names[@]}"; do [ -e "/proc/$pid" ] || ended=$pid; done
    wait "$ended" || status=$?
  fi
  name=${program_names[${ended:-none}]:-none}
  [ "${ended:-none}" != "$restoring" ] || [ $status -ne 0 ] || continue
  [ -e "/run/programs/$name.restart" ] || break
  start_program "$name"
  rm "/run/programs/$name.restart"
done
command=$(sed -n "s/^.* ${ended:-none} [A-Z][a-z]*//p" <<< "$programs" | tr -s ' ')
fail "a program ended, exit code $status:${command:- ${program_commands[$name]:-}}"
