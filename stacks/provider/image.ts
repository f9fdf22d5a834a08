import { type ResourceType, unlessGone } from "./resource.ts";
import { computed, optional, required } from "./schema.ts";

/** An image that is on the engine already: it is never pulled, built or removed here. */
export const image: ResourceType = {
  schema: {
    attributes: {
      id: computed("string"),
      image_id: computed("string"),
      name: required("string"),
      keep_locally: { ...optional("bool"), updatable: true },
    },
    blocks: {},
  },

  async read(engine, state) {
    const found = await unlessGone(engine.getImage(String(state.name)).inspect());
    return found === null ? null : identified(state, found.Id);
  },

  async create(engine, planned) {
    const name = String(planned.name);
    const found = await unlessGone(engine.getImage(name).inspect());
    if (found === null) throw new Error(`The engine has no image ${name}.`);
    return identified(planned, found.Id);
  },

  async remove() {},
};

/** The real provider's form of an image's id is the hash followed by the name. */
function identified<T extends object>(state: T, imageId: string) {
  return {
    ...state,
    id: `${imageId}${"name" in state ? String(state.name) : ""}`,
    image_id: imageId,
  };
}
