import { connectEngine, type Engine, engineCall } from "../lab/engine/engine.ts";
import { imageRef } from "../lab/images/recipes.ts";
import type { ImageKey } from "../lab/plan/plan.ts";
import { missingEngine } from "./engine.ts";
import type { Missing } from "./machine.ts";
import { findTerraform } from "./terraform.ts";

/** Something that `up` would have to see to before it can do anything else. */
export interface Lack {
  part: "engine" | "terraform" | "image";
  missing: string;
  /** What `up` would do about it, a line each; empty where it would end with an error. */
  up: string[];
  /** What the reader can do where `up` would do nothing. */
  remedy: string | null;
}

/** What there is of what a lab needs. Looked for, and nothing changed. */
export interface Look {
  engine: Engine | undefined;
  terraform: string | undefined;
  lacks: Lack[];
}

/** @throws LabError EngineLost */
export async function lookAround(images: readonly ImageKey[]): Promise<Look> {
  const [noEngine, terraform] = await Promise.all([missingEngine(), findTerraform()]);
  const lacks: Lack[] = [];
  if (noEngine !== undefined) lacks.push(lackOf("engine", noEngine));
  if ("missing" in terraform) lacks.push(lackOf("terraform", terraform.missing));
  const engine = noEngine === undefined ? await connectEngine() : undefined;
  if (engine !== undefined) lacks.push(...(await missingImages(engine, images)));
  return { engine, terraform: "program" in terraform ? terraform.program : undefined, lacks };
}

function lackOf(part: Lack["part"], { what, changes, remedy }: Missing): Lack {
  return { part, missing: what, up: changes, remedy: remedy === "" ? null : remedy };
}

async function missingImages(engine: Engine, keys: readonly ImageKey[]): Promise<Lack[]> {
  const reference = [...new Set(keys.map((key) => imageRef(key)))];
  const images = await engineCall(engine.listImages({ filters: { reference } }));
  const present = new Set(images.flatMap((image) => image.RepoTags ?? []));
  return reference
    .filter((ref) => !present.has(ref))
    .map((ref) => ({
      part: "image",
      missing: `the engine lacks the image ${ref}`,
      up: ["pull or build it"],
      remedy: null,
    }));
}

/** A lack in one line: what is missing, and what becomes of it. */
export function lackText({ missing, up, remedy }: Lack): string {
  return up.length > 0 ? `${missing}: \`up\` would ${up.join(", and ")}` : `${missing}: ${remedy}`;
}
