/** A type as Terraform writes it in JSON. */
export type TypeName = "string" | "number" | "bool" | ["list" | "set" | "map", "string"];

export interface Attribute {
  type: TypeName;
  /** `computed`: the engine says it, never the configuration. */
  mode: "required" | "optional" | "computed";
  /** Changes in place. A change of any other attribute replaces the resource. */
  updatable?: true;
}

export type Attributes = Record<string, Attribute>;

/**
 * What the embedded provider takes of a resource of kreuzwerker/docker: the attributes that the
 * stack uses, with the real provider's types. All nested blocks are sets there.
 */
export interface ResourceSchema {
  attributes: Attributes;
  blocks: Record<string, Attributes>;
}

export const required = (type: TypeName): Attribute => ({ type, mode: "required" });
export const optional = (type: TypeName): Attribute => ({ type, mode: "optional" });
export const computed = (type: TypeName): Attribute => ({ type, mode: "computed" });

export const labelBlock: Attributes = { label: required("string"), value: required("string") };

/** The schema in the protocol's shape. */
export function toProtocol(schema: ResourceSchema): object {
  return {
    version: 0,
    block: {
      attributes: attributesToProtocol(schema.attributes),
      blockTypes: Object.entries(schema.blocks).map(([typeName, attributes]) => ({
        typeName,
        nesting: "SET",
        block: { attributes: attributesToProtocol(attributes) },
      })),
    },
  };
}

function attributesToProtocol(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([name, { type, mode }]) => ({
    name,
    type: Buffer.from(JSON.stringify(type)),
    required: mode === "required",
    optional: mode === "optional",
    computed: mode === "computed",
  }));
}
