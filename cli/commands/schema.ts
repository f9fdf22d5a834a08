import type { Command } from "commander";
import { act, command, type Shared } from "../command.ts";

export function schemaCommand(shared: Shared): Command {
  return command("schema", "print the JSON Schema of a topology in JSON or YAML", [
    "schema > topology.schema.json",
  ]).action(
    act(shared, async () => {
      const { topologyJsonSchema } = await import("../../lab/topology/json-schema.ts");
      process.stdout.write(`${JSON.stringify(topologyJsonSchema(), null, 2)}\n`);
      return undefined;
    }),
  );
}
