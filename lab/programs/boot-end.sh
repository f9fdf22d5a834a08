follow_network &
echo "$READY_LINE"
trap - ERR
# The machine lives as long as all that it runs.
programs=$(jobs -l)
status=0
wait -n -p ended || status=$?
fail "a program ended, exit code $status:$(sed -n "s/^.* ${ended:-none} [A-Z][a-z]*//p" <<< "$programs" | tr -s ' ')"
