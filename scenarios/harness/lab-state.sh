#!/bin/bash
# Prints what a test may change in a node and has to give back: one fact a line, each with the name
# of what it is read from. Left out is what changes by itself: counters, lifetimes, the elements of
# dynamic sets, traffic.
export LC_ALL=C

lines() {
  local line
  while IFS= read -r line; do echo "$1: $line"; done
}

{
  # A tun device's link-local address is a new one after each start.
  ip -o addr show | awk '$4 !~ /^fe80/ { print $2, $3, $4 }' | lines addresses
  ip -o link show | sed -E 's/^[0-9]+: ([^:@]+)[^<]*<([^>]*)>.* mtu ([0-9]+).*/\1 \2 \3/' | lines links
  { ip rule show && ip -6 rule show && ip route show table all; } |
    sed -E '/fe80:/d; s/ (expires [0-9]+sec|pref medium|metric [0-9]+|linkdown)//g' | lines routes
  # 127.0.0.11 is Docker's own resolver, whose ports are others after each start.
  nft -s -t list ruleset 2>/dev/null | sed 's/^[[:space:]]*//' | grep -v -e '^[{}]*$' -e '127\.0\.0\.11 ' | lines rules
  # Without its handle, which is another one each time.
  tc qdisc show | sed -E 's/qdisc ([a-z_]+) [0-9a-f]+:/\1/; s/ refcnt [0-9]+//; s/ *$//' | lines qdiscs
  (cd /proc/sys/net && grep -H . ipv4/ip_forward ipv4/conf/*/rp_filter ipv4/conf/*/forwarding ipv6/conf/*/forwarding) | lines sysctls
  lines resolver < /etc/resolv.conf
  echo "programs: $(find /usr/local/bin /usr/bin /usr/sbin ! -type d -printf '%p %y %s\n' | sort | cksum)"
  for process in /proc/[0-9]*; do
    # The fields behind the program's name, which may have spaces itself: state, parent, ...
    read -r stat < "$process/stat" || continue
    read -r _ parent _ <<< "${stat##*) }"
    # Without the processes of this script.
    [ "${process#/proc/}" != "$$" ] && [ "$parent" != "$$" ] || continue
    mapfile -d '' words < "$process/cmdline"
    name=${words[*]}
    [ -z "$name" ] || echo "processes: ${name:0:60}"
  done 2> /dev/null
  if [ -S /var/run/tailscale/tailscaled.sock ]; then
    tailscale debug prefs | jq -r 'del(.Config, .AllowSingleHosts, .InternalExitNodePrior) | to_entries[] | "\(.key)=\(.value)"' |
      lines prefs
    tailscale status --json | jq -r '.Peer[]? | "\(.HostName) \(.TailscaleIPs) \(.AllowedIPs) \(.ExitNode) expired=\(.Expired // false)"' |
      lines peers
  fi
  if [ -S /var/run/headscale/headscale.sock ]; then
    headscale policy get 2>/dev/null | grep . | lines policy
    headscale nodes list -o json 2>/dev/null |
      jq -r '.[]? | "\(.name) \(.ip_addresses) \(.approved_routes // []) \(.available_routes // []) \(.forced_tags // .tags // [])"' |
      lines nodes
  fi
} | sort
