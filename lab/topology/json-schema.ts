import { z } from "zod";
import { topologySchema } from "./schema.ts";

/**
 * The JSON Schema of what a user writes. Draft 7 is what editors read; what one field says of another
 * is checked by `validate` only.
 */
export function topologyJsonSchema(): Record<string, unknown> {
  const { properties, ...schema } = z.toJSONSchema(topologySchema, {
    io: "input",
    target: "draft-7",
  });
  return {
    $id: "urn:tailnet-lab:topology",
    title: "A topology of Tailnet Lab",
    ...schema,
    properties: {
      $schema: { type: "string", description: "For editors: where this schema is." },
      ...properties,
    },
  };
}
