import type { Command } from "./case.ts";

/** The node's number at Headscale, as `$ID` in what follows. */
export function idOf(node: string): Command {
  return {
    on: "control",
    run: `headscale nodes list -o json | jq '.[] | select(.name == "${node}").id'`,
    as: "ID",
  };
}
