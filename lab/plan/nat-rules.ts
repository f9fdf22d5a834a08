import type { NatBehaviour } from "../topology/nat-presets.ts";

/**
 * The nftables rules of a NAT router between `lan` and `wan`.
 *
 * Linux `masquerade` keeps the source port where it can, which is endpoint-independent mapping as
 * long as no unsolicited packet is let in: were a peer's packet confirmed in conntrack first, the
 * outbound flow would be given another port. Hence the drop of new input on the WAN.
 * `fully-random` chooses a port for each destination: address-and-port-dependent mapping.
 */
export function natRules(behaviour: NatBehaviour): string {
  const masquerade =
    behaviour.mapping === "endpoint-independent" ? "masquerade" : "masquerade random,fully-random";
  return `flush ruleset
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" ${masquerade}
  }
}
table inet filter {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "wan" ct state new,invalid counter drop
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "lan" oifname "wan" accept
    iifname "wan" oifname "lan" ct state established,related accept
    counter
  }
}
`;
}
