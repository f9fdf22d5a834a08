#!/bin/bash
# engine.sh DIRECTORY UPLINK DOCKERD [BESIDE…]: a Docker Engine in network, mount and process namespaces of
# its own, as DIRECTORY/daemon.json says, and beside it the program BESIDE. UPLINK is where its default route
# leads: `nowhere`, or to this `machine` and out through it. When standard input ends all is killed, with what
# it started, and the directory is removed. The output is the engine's log; DIRECTORY/pid is a process in its
# network.
set -euo pipefail

# Of the range that no router knows (RFC 3927): they meet no other network.
link=tailnet-engine near=169.254.77.1 far=169.254.77.2

supervise() {
  local directory=$1 uplink=$2
  exec 3<&0 </dev/null
  # When process 1 of a process namespace dies, the kernel kills all others in it, containers too.
  # Should this script be killed, its child goes as well.
  setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child --mount-proc \
    bash "$0" inside "$@" 3<&- &
  local engine=$! status=0
  echo "$engine" >"$directory/pid"
  { cat <&3 >/dev/null && kill -KILL "$engine"; } 2>/dev/null &
  local watch=$!
  [[ $uplink == nowhere ]] || connect "$engine" || kill -KILL "$engine"
  wait "$engine" || status=$?
  kill "$watch" 2>/dev/null || true
  [[ $uplink == nowhere ]] || disconnect
  # A control group is busy until its last process has been reaped: the kernel takes a moment.
  for _ in {1..100}; do
    mapfile -t groups < <(find /sys/fs/cgroup -depth -type d -path "*/${directory##*/}*")
    if ((${#groups[@]} == 0)) || rmdir "${groups[@]}" 2>/dev/null; then
      rm -rf "$directory" 2>/dev/null && break
    fi
    sleep 0.1
  done
  exit "$status"
}

# connect PROCESS: puts the far end of a link to this machine into the process's network.
connect() {
  # What a killed run left.
  disconnect
  until [[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]; do sleep 0.05; done
  ip link add "$link" type veth peer name uplink netns "$1" &&
    ip address add "$near/30" dev "$link" && ip link set "$link" up && forward -I
}

disconnect() {
  forward -D 2>/dev/null || true
  ip link delete "$link" 2>/dev/null || true
}

# forward -I | -D: lets this machine forward for the link, or no longer.
forward() {
  local status=0
  iptables -w -t nat "$1" POSTROUTING -s "$far" -j MASQUERADE || status=1
  iptables -w "$1" FORWARD -i "$link" -j ACCEPT || status=1
  iptables -w "$1" FORWARD -o "$link" -j ACCEPT || status=1
  return "$status"
}

inside() {
  local directory=$1 uplink=$2 dockerd=$3
  shift 3
  # Unless there is a way out, no name leads anywhere: a pull fails at once.
  local names="nameserver 127.0.0.1"
  [[ $uplink == nowhere ]] || names=$(cat /etc/resolv.conf)
  # Sockets, locks and process ids of the machine's own engine and containerd are out of sight.
  mount -t tmpfs tmpfs /run
  echo "$names" >/run/names
  place_names /run/names
  # sysfs shows the interfaces of the network namespace in which it is mounted.
  mkdir /run/cgroup
  mount --rbind /sys/fs/cgroup /run/cgroup
  mount -t sysfs sysfs /sys
  mount --rbind /run/cgroup /sys/fs/cgroup
  ip link set lo up
  if [[ $uplink == nowhere ]]; then
    # A machine has a way out, and a scenario watches it.
    ip link add uplink type veth peer name nowhere
    ip link set nowhere up
    lead_out 192.0.2.1/24 192.0.2.2
  else
    until ip link show uplink &>/dev/null; do sleep 0.05; done
    lead_out "$far/30" "$near"
  fi
  # With nftables, the engine leaves that to the machine's owner.
  echo 1 >/proc/sys/net/ipv4/ip_forward
  echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
  if (($# > 0)); then "$@" & fi
  # Not `exec`: process 1 reaps orphans, which dockerd does not.
  "$dockerd" --config-file "$directory/daemon.json" &
  wait $!
}

# place_names FILE: in the place of /etc/resolv.conf, which is often a link into /run.
place_names() {
  local place
  place=$(readlink -m /etc/resolv.conf)
  if [[ $place == /run/* ]]; then
    mkdir -p "${place%/*}"
    cp "$1" "$place"
  elif [[ -f $place ]]; then
    mount --bind "$1" "$place"
  fi
}

# lead_out ADDRESS GATEWAY
lead_out() {
  ip link set uplink up
  ip address add "$1" dev uplink
  ip route add default via "$2"
}

if [[ $1 == inside ]]; then inside "${@:2}"; else supervise "$@"; fi
