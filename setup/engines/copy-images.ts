import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { connectEngine } from "../../lab/engine/engine.ts";
import { presentImages } from "../../lab/images/engine.ts";
import { followEngine } from "../../lab/images/engine-stream.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import { pinnedImages } from "../../lab/plan/images.ts";

/** As `docker save | docker load`: what the engine of DOCKER_HOST has of our images goes to another one. */
export async function copyImages(target: Docker): Promise<void> {
  const source = await connectEngine();
  const names = [...(await presentImages(source, pinnedImages.map(imageRef)))];
  if (names.length === 0) return;
  // The types leave this call out.
  const { getImages } = source as unknown as {
    getImages(options: { names: string[] }): Promise<Readable>;
  };
  const archive = await getImages.call(source, { names });
  const { signal } = new AbortController();
  await followEngine(target.loadImage(archive), { signal, detail: () => {} });
}
