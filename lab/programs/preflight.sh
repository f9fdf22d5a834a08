# What a lab asks of the engine's kernel: each line fails by itself and then prints what is lacking. In the end
# it tries to reach another container of the same network, and prints what the machine has left.
# Argument: the other container's address.
nft -f - <<'END' || echo "lacks: nat"
table inet probe {
  map endpoints { type inet_service : ipv4_addr . inet_service; flags dynamic,timeout; timeout 1m; }
  chain forward { type filter hook forward priority 0; ct state new counter drop; }
  chain postrouting { type nat hook postrouting priority 100; meta nfproto ipv4 masquerade random,fully-random; }
}
END
[ ! -e /dev/net/tun ] || ip tuntap add dev probe0 mode tun || echo "lacks: tun"
ip rule add fwmark 0x80000 lookup 52 priority 5210 || echo "lacks: policy-routing"
ip -6 addr add fd00::1/128 dev lo || echo "lacks: ipv6"
# One echo is enough; a dropped one is asked again for a second and a half.
if [ -n "${1:-}" ]; then
  timeout 1.5 ping -qn -i 0.2 -c 1 -w 2 "$1" >/dev/null || echo "lacks: segment"
fi
sed -n 's/^MemAvailable: *\([0-9]*\) kB$/has: memory \1/p' /proc/meminfo
echo "has: tasks $(cut -d/ -f2 /proc/loadavg | cut -d' ' -f1) $(cat /proc/sys/kernel/threads-max /proc/sys/kernel/pid_max | sort -n | head -1)"
