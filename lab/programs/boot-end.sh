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
echo "$READY_LINE"
trap - ERR
# The machine lives as long as all that it runs.
programs=$(jobs -l)
status=0
wait -n -p ended || status=$?
fail "a program ended, exit code $status:$(sed -n "s/^.* ${ended:-none} [A-Z][a-z]*//p" <<< "$programs" | tr -s ' ')"
