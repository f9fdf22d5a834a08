import type { ImageBuild } from "./image-build.ts";
import { ownerLabel } from "./leftovers.ts";
import { imageLabel } from "./recipes.ts";

/** The labels of an image that only lacks its tag. */
export function finishedLabels({ ref }: ImageBuild): Record<string, string> {
  return { [imageLabel]: ref, [ownerLabel]: "" };
}

/** Gives a finished image its name, unless another process was first: then that one stays. */
export async function tagFinished({ engine, ref, signal }: ImageBuild, id: string): Promise<void> {
  signal.throwIfAborted();
  const [present] = await engine.listImages({ filters: { reference: [ref] } });
  const [repo = "", tag = ""] = ref.split(":");
  if (present === undefined) await engine.getImage(id).tag({ repo, tag });
  else if (present.Id !== id) await engine.getImage(id).remove();
}
