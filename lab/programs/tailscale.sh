# A machine with tailscaled, which joins as soon as control has left a key for it.
step "wait for the control server"
may_join() { [ -e /lab/tailnet/open ] && [ -s "/lab/tailnet/secrets/$delivery" ]; }
wait_for 120 "the control server to let this node join" may_join
[ -z "$gateway" ] ||
  wait_for 60 "an answer of the internet's DNS, through the router" dig +short +tries=1 +time=1 "@$resolver" control.lab.test
step "start tailscaled"
socket=/lab/state/tailscaled.sock
mkdir -p "/lab/state/$identity" /var/run/tailscale
rm -f $socket
ln -sf $socket /var/run/tailscale/tailscaled.sock
tailscaled --statedir="/lab/state/$identity" --socket=$socket --port=41641 --no-logs-no-support &
wait_for 30 "tailscaled" test -S $socket
step "join the tailnet"
key=/run/auth-key
join() {
  (umask 077 && receive "$delivery" > $key)
  tailscale up "--auth-key=file:$key" "${up_flags[@]}" 2>&1
}
output=$(join) || case $output in
  # On a busy machine its watch may fall behind a tailscaled that goes on joining.
  *"consumer fell behind"*) ;;
  *authkey* | *AuthKey*)
    # Each key is for one use: a node that was logged out needs another.
    before=$(stat -c %i "/lab/tailnet/secrets/$delivery")
    renewed() { [ "$(stat -c %i "/lab/tailnet/secrets/$delivery")" != "$before" ]; }
    touch "/lab/requests/$delivery"
    wait_for 30 "a new key from the control server" renewed
    output=$(join) || fail "$last_step: tailscale: $(last_lines "$output")"
    ;;
  *) fail "$last_step: tailscale: $(last_lines "$output")" ;;
esac
rm -f $key
# "Up" does not say that the kernel has its routes; the resolver's are there in every tailnet.
wait_for 30 "a route of IPv4 into the tailnet" eval "ip route get 100.100.100.100 | grep -q tailscale0"
wait_for 30 "a route of IPv6 into the tailnet" eval "ip -6 route get fd7a:115c:a1e0::53 | grep -q tailscale0"
if [ -n "$exit_node" ]; then
  step "use $exit_node as exit node"
  wait_for 60 "exit node $exit_node" tailscale set "--exit-node=$exit_node" "--exit-node-allow-lan-access=$allow_lan_access"
fi
