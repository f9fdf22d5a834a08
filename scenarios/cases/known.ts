import type { Command } from "./case.ts";

/** The node's number at Headscale, as `$ID` in what follows. */
export function idOf(node: string): Command {
  return {
    on: "control",
    run: `headscale nodes list -o json | jq '.[] | select(.name == "${node}").id'`,
    as: "ID",
  };
}

/** Takes away the tables of rules that somebody has added to a router or a machine, beside its own. */
export function foreignTables(on: string): [Command, Command] {
  const list = `nft list tables | awk '$2 == "inet" && $3 != "filter" { print $3 }'`;
  return [
    { on, run: list, as: "TABLES" },
    { on, run: "for table in $TABLES; do nft delete table inet $table; done" },
  ];
}
