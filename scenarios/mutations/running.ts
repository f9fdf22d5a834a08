import { serverAddress } from "../../lab/plan/addresses.ts";
import { waitReady } from "../../lab/running/ready.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";
import type { Undo } from "../harness/mutation.ts";

/** From now on a program of a node does nothing, and says so by 0, where `word` is among its arguments. */
export async function makeDeaf(node: RunningNode, program: string, word: string): Promise<Undo> {
  const script = `real=$(command -v "$1") && mv "$real" "$real.real" && cat > "$real" && chmod +x "$real"`;
  const deaf = `#!/bin/sh
case " $* " in *" ${word} "*) cat >/dev/null; exit 0 ;; esac
exec "$0.real" "$@"
`;
  await node.output(["sh", "-c", script, "sh", program], { input: deaf });
  const undo = `deaf=$(command -v "$1") && mv "$deaf.real" "$deaf"`;
  return async () => void (await node.output(["sh", "-c", undo, "sh", program]));
}

/** Takes a program from a node, as a leaner image would. */
export async function removeProgram(node: RunningNode, program: string): Promise<Undo> {
  const script = `file=$(command -v "$1") && mv "$file" "/var/tmp/$1" && echo "$file"`;
  const file = (await node.output(["sh", "-c", script, "sh", program])).trim();
  return async () => void (await node.output(["mv", `/var/tmp/${program}`, file]));
}

/** What the control server tells its nodes no longer gets to this one. */
export async function loseControl(node: RunningNode): Promise<Undo> {
  const drop = `ip saddr ${serverAddress.control} drop`;
  await node.output([
    "nft",
    `table inet lost { chain input { type filter hook input priority raw; ${drop}; }; }`,
  ]);
  // Without it the connection that stood still would go on when TCP next tries, half a minute later.
  return () => restart(node);
}

/** A machine loses its power until it is undone. */
export async function killNode(node: RunningNode): Promise<Undo> {
  await node.kill();
  return async () => {
    await node.start();
    await waitReady([node]);
  };
}

/** Starts a machine anew: its addresses, routes and rules are as its boot script makes them. */
export async function restart(node: RunningNode): Promise<void> {
  await node.restart();
  await waitReady([node]);
}

/** Sets one of a node's preferences; `before` is what the scenario declares. */
export async function setPreference(
  node: RunningNode,
  flag: string,
  value: string | boolean,
  before: string | boolean,
): Promise<Undo> {
  const set = (to: string | boolean) => node.output(["tailscale", "set", `--${flag}=${to}`]);
  await set(value);
  return async () => void (await set(before));
}

/** Adds a table of rules to a node: `table inet stray { … }`. */
export async function addTable(node: RunningNode, table: string): Promise<Undo> {
  await node.output(["nft", table]);
  const [, family = "", name = ""] = table.split(" ");
  return async () => void (await node.output(["nft", "delete", "table", family, name]));
}

/** Undoes the last first. */
export function undoAll(...undos: readonly Undo[]): Undo {
  return async () => {
    for (const undo of undos.toReversed()) await undo();
  };
}
