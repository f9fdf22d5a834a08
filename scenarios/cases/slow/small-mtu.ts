import type { Case, Command } from "../case.ts";
import { homelab } from "../topologies.ts";

/** Fails where the kernel has to cut packets into pieces while something is sent. */
const sendWhole = `count() { nstat -asz IpFragCreates | awk '/IpFragCreates/ { print $2 }'; }
before=$(count) && head -c 300000 /dev/zero | timeout 10 nc -N phone 7 > /dev/null && test "$(count)" = "$before"`;

/** Which sizes pass the kernel remembers for ten minutes, with the route. */
function forgetSizes(on: string): Command {
  const undo = "route=$(ip route show default) && ip route del $route && ip route add $route";
  return { on, run: "true", undo };
}

export default {
  name: "small-mtu",
  flow: "slow",
  title: "A link takes smaller packets than the tunnel's, and says so",
  report:
    "The café has its internet by a second VPN. All works, but what I send to the phone takes twice the packets that it takes elsewhere, each one in two pieces.",
  topology: homelab,
  setup: [forgetSizes("laptop"), forgetSizes("phone")],
  faults: [{ kind: "mtu", at: "cafe", bytes: 1300, icmp: true }],
  symptoms: [
    {
      attempt: { kind: "command", on: "laptop", run: sendWhole },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  question: { from: "laptop", to: "phone:7" },
  finding: { code: "TL409", node: "phone" },
  look: [
    {
      on: "phone",
      run: "ping -n -c 1 -W 1 -M do -s 1312 198.18.0.53 2>&1 | grep -E 'mtu|received'",
      tells: "a packet of 1340 bytes is too large, and the network says so",
    },
    {
      on: "laptop",
      run: "nstat -n; head -c 100000 /dev/zero | timeout 10 nc -N phone 7 > /dev/null; nstat | grep -c IpFragCreates",
      tells: "packets that are sent are cut into pieces: 1",
    },
  ],
  hint: "`ping -M do -s 1312` from the phone to anything outside.",
  remedy: [
    {
      on: "laptop",
      run: "nft 'table inet clamp { chain out { type filter hook output priority mangle; oifname tailscale0 tcp flags syn tcp option maxseg size set 1180; }; chain in { type filter hook input priority mangle; iifname tailscale0 tcp flags syn tcp option maxseg size set 1180; }; }'",
      undo: "nft delete table inet clamp",
    },
  ],
  sources: ["tailscale/tailscale#3836"],
} satisfies Case;
