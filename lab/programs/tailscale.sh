# A machine with tailscaled, which joins as soon as control lets nodes in.
step "wait for the control server"
may_join() { [ -e /lab/tailnet/open ] && [ -z "$tagged" -o -s "/lab/tailnet/secrets/$delivery" ]; }
wait_for 120 "the control server to let this node join" may_join
[ -z "$gateway" ] ||
  wait_for 60 "an answer of the internet's DNS, through the router" dig +short +tries=1 +time=1 "@$resolver" control.lab.test
step "start tailscaled"
socket=/lab/state/tailscaled.sock
mkdir -p "/lab/state/$identity" /var/run/tailscale
ln -sf $socket /var/run/tailscale/tailscaled.sock
start_tailscaled() {
  rm -f $socket
  run_program tailscaled tailscaled --statedir="/lab/state/$identity" --socket=$socket --port=41641 --no-logs-no-support
  tailscaled=$program
  wait_for 30 "tailscaled" test -S $socket
}
start_tailscaled
step "join the tailnet"
# request: puts its standard input where control finds it, encrypted with this machine's token.
request() {
  openssl enc -aes-256-cbc -pbkdf2 -iter 1 -pass env:TAILNET_LAB_TOKEN -out "/lab/requests/$delivery.new"
  mv "/lab/requests/$delivery.new" "/lab/requests/$delivery"
}
# A user's node: the page that it is sent to for its login names the request, which control grants.
join_as_user() {
  local line
  tailscale up "${up_flags[@]}" 2>&1 | while read -r line; do
    case $line in
      https://*/register/*) printf %s "${line##*/}" | request ;;
      *) echo "$line" ;;
    esac
  done
}
key=/run/auth-key
join_with_key() {
  (umask 077 && receive "$delivery" > $key)
  tailscale up "--auth-key=file:$key" "${up_flags[@]}" 2>&1
}
joined_or() {
  # On a busy machine its watch may fall behind a tailscaled that goes on joining.
  [[ $output == *"consumer fell behind"* ]] || fail "$last_step: tailscale: $(last_lines "$output")"
}
# Each key is for one use. A node that was logged out needs another, and so does one whose first answer was lost:
# tailscaled closes its connections when it sees the network change. It then goes on with the key that is used up,
# and tells that error to whoever asks next, so it starts anew; it keeps the machine's key.
renew_key() {
  local before
  before=$(stat -c %i "/lab/tailnet/secrets/$delivery")
  renewed() { [ "$(stat -c %i "/lab/tailnet/secrets/$delivery")" != "$before" ]; }
  kill $tailscaled
  wait $tailscaled || true
  request < /dev/null
  wait_for 30 "a new key from the control server" renewed
  start_tailscaled
}
if [ -z "$tagged" ]; then
  output=$(join_as_user) || joined_or
else
  renewals=0
  until output=$(join_with_key); do
    if ((renewals < 3)) && [[ $output == *[Aa]uth[Kk]ey* ]]; then
      renewals=$((renewals + 1))
      renew_key
    else
      joined_or
      break
    fi
  done
fi
rm -f $key
# What tailscaled publishes of this machine's own services. It keeps that itself, so what is declared no longer is taken back.
publish() {
  local port file=/lab/state/$identity/published
  [ ! -e "$file" ] || for port in $(< "$file"); do
    # After a logout there is nothing to take back.
    [[ " ${published[*]} " == *" $port "* ]] || tailscale serve "--tcp=$port" off > /dev/null 2>&1 || true
  done
  rm -f "$file"
  for port in "${published[@]}"; do
    tailscale serve --bg "--tcp=$port" --proxy-protocol=1 "tcp://127.0.0.1:$port" > /dev/null
    echo "$port" >> "$file"
  done
}
# For whoever logs this node out, and in again.
{
  declare -f receive request join_as_user join_with_key publish
  declare -p identity delivery tagged key up_flags exit_node allow_lan_access published
} > /run/log-in
# "Up" does not say that the kernel has its routes; the resolver's are there in every tailnet.
wait_for 30 "a route of IPv4 into the tailnet" eval "ip route get 100.100.100.100 | grep -q tailscale0"
wait_for 30 "a route of IPv6 into the tailnet" eval "ip -6 route get fd7a:115c:a1e0::53 | grep -q tailscale0"
if [ -n "$exit_node" ]; then
  step "use $exit_node as exit node"
  wait_for 60 "exit node $exit_node" tailscale set "--exit-node=$exit_node" "--exit-node-allow-lan-access=$allow_lan_access"
fi
if [ ${#published[@]} -gt 0 ] || [ -e "/lab/state/$identity/published" ]; then
  step "publish services by tailscale serve"
  publish
fi
