import { type ResourceType, toLabels, unlessGone } from "./resource.ts";
import { computed, labelBlock, required } from "./schema.ts";

export const volume: ResourceType = {
  schema: {
    attributes: { id: computed("string"), name: required("string") },
    blocks: { labels: labelBlock },
  },

  async read(engine, state) {
    const found = await unlessGone(engine.getVolume(String(state.id)).inspect());
    return found === null ? null : { ...state, name: found.Name };
  },

  async create(engine, planned) {
    const name = String(planned.name);
    await engine.createVolume({ Name: name, Labels: toLabels(planned.labels) });
    return { ...planned, id: name };
  },

  async remove(engine, state) {
    await unlessGone(engine.getVolume(String(state.id)).remove());
  },
};
