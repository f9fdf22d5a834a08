import type { Command } from "./case.ts";

/** The node's number at Headscale, as `$ID` in what follows. */
export function idOf(node: string): Command {
  return {
    on: "control",
    run: `headscale nodes list -o json | jq '.[] | select(.name == "${node}").id'`,
    as: "ID",
  };
}

/** The user's number at Headscale, as `$OWNER` in what follows. */
export function userOf(name: string): Command {
  return {
    on: "control",
    run: `headscale users list -o json | jq '.[] | select(.name == "${name}").id'`,
    as: "OWNER",
  };
}

/** Has a node join anew, as its lab lets it, whatever became of its registration. */
export const joinsAnew = "bash -c '. /run/log-in; up_flags+=(--force-reauth); join_as_user'";

/** Takes away the tables of rules that somebody has added to a router or a machine, beside its own. */
export function foreignTables(on: string): [Command, Command] {
  const list = `nft list tables | awk '$2 == "inet" && $3 != "filter" { print $3 }'`;
  return [
    { on, run: list, as: "TABLES" },
    { on, run: "for table in $TABLES; do nft delete table inet $table; done" },
  ];
}

/** The UDP port of tailscaled on a machine, forwarded to it by its router. */
export function forwardedPort(router: string, node: string): [Command, Command, Command] {
  return [
    {
      on: node,
      run: "ip -4 -o addr show dev lan | awk '{ print $4 }' | cut -d / -f 1",
      as: "TO",
    },
    {
      on: router,
      run: 'nft "table ip forward41641 { chain in { type nat hook prerouting priority dstnat; iifname wan udp dport 41641 dnat to $TO; }; }"',
      // As it boots.
      undo: "nft -f /etc/nftables.conf",
    },
    {
      on: router,
      run: "nft insert rule inet filter forward iifname wan udp dport 41641 accept",
    },
  ];
}

/** Gives the tailnet another domain. */
export function baseDomain(domain: string): string {
  return `sed -i 's|^  base_domain: .*|  base_domain: ${domain}|' /lab/control/config.yaml && service headscale restart`;
}

/** Puts Headscale's configuration back to what the lab gave it. */
export const declaredConfig =
  "cp /lab/settings/current/config.yaml /lab/control/config.yaml && service headscale restart";
