# Isolates a lab in the network namespace that has its bridges: nftables drops what passes between one of them
# and anything else: another interface, another lab, the host itself. Frames that stay on a bridge pass; where
# bridge-nf-call-iptables is 1, they come through the forward hook with the bridge as both interfaces.
# Each lab has a table of its own, made anew in one transaction. Tables whose bridges are all gone are removed,
# whoever made them.
# Arguments: none, or the lab's table and then its bridges.
set -eu
command -v nft >/dev/null || { echo "nft is not installed" >&2 && exit 127; }
has() { grep -q "^ *$1:" /proc/net/dev; }

# The same as declared already: nothing to do.
is_made() {
  nft list chain inet "$table" output >/dev/null 2>&1 || return 1
  made=$(nft list set inet "$table" bridges | grep -o '"[^"]*"' | tr -d '"' | sort | tr '\n' ' ')
  [ "$made" = "$(printf '%s\n' "$@" | sort | tr '\n' ' ')" ]
}

if [ $# -gt 0 ]; then
  table=$1
  shift
  bridges='' segments=''
  for bridge; do
    has "$bridge" || { echo "there is no bridge $bridge here" >&2 && exit 1; }
    bridges="$bridges \"$bridge\","
    segments="$segments \"$bridge\" . \"$bridge\","
  done
  is_made "$@" || nft -f - <<END
add table inet $table
delete table inet $table
table inet $table {
  set bridges { type ifname; elements = {$bridges }; }
  set segments { type ifname . ifname; elements = {$segments }; }
  counter dropped { }
  chain forward {
    type filter hook forward priority filter
    iifname . oifname @segments accept
    iifname @bridges counter name dropped drop
    oifname @bridges counter name dropped drop
  }
  chain input {
    type filter hook input priority filter
    iifname @bridges counter name dropped drop
  }
  chain output {
    type filter hook output priority filter
    oifname @bridges counter name dropped drop
  }
}
END
fi

nft list tables inet | while read -r _ _ other; do
  case $other in tailnet-lab-*) ;; *) continue ;; esac
  # Another process may remove it at the same moment.
  set -- $(nft list set inet "$other" bridges 2>/dev/null | grep -o '"[^"]*"' | tr -d '"') || continue
  for bridge; do
    has "$bridge" && continue 2
  done
  nft delete table inet "$other" 2>/dev/null || true
done
