# Numbered lines, one every 50 ms, over one TCP connection to an echo service at host $1, port $2, until the standard input
# ends: socat then closes its half and waits for the rest. Prints what comes back; at the end, on the standard error,
# how many lines were sent. Exits as socat does.
number=0
{
  while :; do
    read -rt 0.05 && continue
    # Above 128: the time limit of read, and not the end of the input.
    (($? > 128)) || break
    printf 'line %d of the stream\n' $((number++))
  done
  echo "sent $number" >&2
} | socat -t 60 - "TCP:$1:$2"
exit "${PIPESTATUS[1]}"
