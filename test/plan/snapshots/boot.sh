#!/bin/bash
# Boots one machine of the lab. Its last word is "tailnet-lab: ready", or the reason why not.
set -Eeuo pipefail
last_step="start"
step() { last_step="$*"; }
fail() { echo "tailnet-lab: failed: $*"; exit 1; }
gave_up() { ((BASH_SUBSHELL)) || fail "$last_step: line $1: ${2%%$'\n'*}"; }
trap 'gave_up "$LINENO" "$BASH_COMMAND"' ERR
last_words() { tail -n 3 <<< "$1" | tr '\n' ' '; }
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

…
echo "tailnet-lab: ready"
trap - ERR
# The machine lives as long as all that it runs.
programs=$(jobs -l)
status=0
wait -n -p ended || status=$?
fail "a program ended, exit code $status:$(sed -n "s/^.* ${ended:-none} [A-Z][a-z]*//p" <<< "$programs" | tr -s ' ')"
