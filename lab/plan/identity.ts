import type { TailscaleNode } from "../topology/schema.ts";

/** Who a node is to the control server, and its name in paths of the volume. */
export interface Identity {
  user?: string;
  tags: string[];
  file: string;
}

export function identityOf(node: TailscaleNode): Identity {
  if (node.user !== undefined) return { user: node.user, tags: [], file: `user-${node.user}` };
  const tags = [...(node.tags ?? [])].sort();
  return { tags, file: tags.join("+").replaceAll("tag:", "tag-") };
}
