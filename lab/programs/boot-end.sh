follow_network &
# Where a connection can't end, as nobody answers, the kernel keeps the network of a stopped container for a minute or
# more. Docker can't take its interfaces away, as they have other names now: the restarted machine would have a double,
# which answers in its place. So the interfaces go down here, when the programs have said goodbye or have had their time.
leave_network() {
  local tries device
  trap '' TERM
  for ((tries = 0; tries < 15; tries++)); do
    [ -n "$(jobs -r)" ] || break
    pause 100000
  done
  for device in "${!segment_of[@]}"; do ip link set dev "$device" down; done
  exit 143
}
trap leave_network TERM
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
  echo "$READY_LINE"
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
