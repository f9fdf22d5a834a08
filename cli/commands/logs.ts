import { type Command, InvalidArgumentError } from "commander";
import { act, labCommand, type Shared } from "../command.ts";
import { findLab } from "../which-lab.ts";

export function logsCommand(shared: Shared): Command {
  const command = labCommand("logs", "what a node has printed", [
    "logs laptop",
    "logs control --follow",
    "logs derp-fra --tail 20",
  ])
    .argument("<node>")
    .option("-f, --follow", "go on as more comes")
    .option("-n, --tail <lines>", "only the last lines", wholeNumber);
  return command.action(
    act(shared, async ({ isJson, signal, lab: option }, name: string) => {
      const node = (await findLab({ lab: option }, [name])).node(name);
      const { follow, tail } = command.opts<{ follow?: boolean; tail?: number }>();
      const options = tail === undefined ? {} : { tail };
      if (follow === true) {
        for await (const line of node.followLog({ ...options, signal })) {
          const json = { schema: 1, node: name, line };
          process.stdout.write(`${isJson ? JSON.stringify(json) : line}\n`);
        }
        return undefined;
      }
      const lines = (await node.log(options)).trimEnd().split("\n");
      return { json: { schema: 1, node: name, lines }, text: lines.join("\n") };
    }),
  );
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("write a whole number");
  return Number(text);
}
