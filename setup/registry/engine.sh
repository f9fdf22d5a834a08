#!/bin/sh
# engine.sh DIRECTORY REGISTRY: a Docker Engine and a registry on its loopback, in network, mount and
# process namespaces of their own. They end with this process, and all that runs on the engine does.
# Says "namespace" when its network can be connected, and waits for a line that tells that it is.
set -eu
directory=$1 registry=$2 stage=${3-}

case $stage in
"") exec setpriv --pdeathsig KILL unshare --net --mount sh "$0" "$directory" "$registry" network ;;
network)
  echo namespace
  read -r _
  # When process 1 of a process namespace dies, the kernel kills all others in it.
  exec unshare --pid --fork --kill-child --mount-proc sh "$0" "$directory" "$registry" process
  ;;
esac

ip link set lo up
ip link set uplink up
ip address add 169.254.77.2/30 dev uplink
ip route add default via 169.254.77.1
# The machine's own containerd is not this engine's.
[ ! -d /run/containerd ] || mount -t tmpfs tmpfs /run/containerd
"$registry" serve "$directory/registry.yml" >"$directory/registry.log" 2>&1 &
# Not `exec`: process 1 reaps orphans, which dockerd does not.
dockerd --config-file "$directory/daemon.json" >"$directory/dockerd.log" 2>&1 &
wait $!
