#!/bin/bash
# engine.sh DIRECTORY DOCKERD: a Docker Engine in network, mount and process namespaces of its own, as
# DIRECTORY/daemon.json says. When standard input ends it is killed, with all that it started, and the
# directory is removed. The output is the engine's log.
set -euo pipefail
directory=$1 dockerd=$2

if [[ ${3-} != inside ]]; then
  exec 3<&0 </dev/null
  # When process 1 of a process namespace dies, the kernel kills all others in it, containers too.
  # Should this script be killed, its child goes as well.
  setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child --mount-proc \
    bash "$0" "$directory" "$dockerd" inside 3<&- &
  engine=$!
  { cat <&3 >/dev/null && kill -KILL "$engine"; } 2>/dev/null &
  watch=$!
  status=0
  wait "$engine" || status=$?
  kill "$watch" 2>/dev/null || true
  # A control group is busy until its last process has been reaped: the kernel takes a moment.
  for _ in {1..100}; do
    mapfile -t groups < <(find /sys/fs/cgroup -depth -type d -path "*/${directory##*/}*")
    if ((${#groups[@]} == 0)) || rmdir "${groups[@]}" 2>/dev/null; then
      rm -rf "$directory" 2>/dev/null && break
    fi
    sleep 0.1
  done
  exit "$status"
fi

# Sockets, locks and process ids of the machine's own engine and containerd are out of sight.
mount -t tmpfs tmpfs /run
# sysfs shows the interfaces of the network namespace in which it is mounted.
mkdir /run/cgroup
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup /sys/fs/cgroup
ip link set lo up
# A way out that leads nowhere: a machine has one, and a scenario watches it.
ip link add uplink type veth peer name nowhere
ip link set uplink up
ip link set nowhere up
ip address add 192.0.2.1/24 dev uplink
ip route add default via 192.0.2.2
# Nor does a name lead anywhere: a pull fails at once. A link into /run is broken by now, which has the same effect.
if [[ -f /etc/resolv.conf ]]; then
  echo nameserver 127.0.0.1 >/run/resolv.conf
  mount --bind /run/resolv.conf /etc/resolv.conf
fi
# With nftables, the engine leaves that to the machine's owner.
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
# Not `exec`: process 1 reaps orphans, which dockerd does not.
"$dockerd" --config-file "$directory/daemon.json" &
wait $!
