# Logs a node in again, as its boot script does; that has left how.
. /run/log-in
if [ -n "$tagged" ]; then
  before=$(stat -c %i "/lab/tailnet/secrets/$delivery")
  renewed() { [ "$(stat -c %i "/lab/tailnet/secrets/$delivery")" != "$before" ]; }
  request < /dev/null
  until_succeeds renewed
  join_with_key
else
  join_as_user
fi
[ -z "$exit_node" ] || tailscale set "--exit-node=$exit_node" "--exit-node-allow-lan-access=$allow_lan_access"
publish
