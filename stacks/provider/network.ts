import type Docker from "dockerode";
import type { NetworkCreateOptions } from "dockerode";
import { disconnectAll } from "../../lab/engine/endpoint-queue.ts";
import { type ResourceType, toLabels, unlessGone } from "./resource.ts";
import { computed, labelBlock, optional, required } from "./schema.ts";

export const network: ResourceType = {
  schema: {
    attributes: {
      id: computed("string"),
      name: required("string"),
      driver: optional("string"),
      options: optional(["map", "string"]),
    },
    blocks: { labels: labelBlock, ipam_config: { subnet: optional("string") } },
  },

  async read(engine, state) {
    const found = await unlessGone(engine.getNetwork(String(state.id)).inspect());
    if (found === null) return null;
    return {
      ...state,
      name: found.Name,
      driver: found.Driver,
      options: found.Options ?? {},
      ipam_config: (found.IPAM?.Config ?? []).map(({ Subnet }) => ({ subnet: Subnet ?? null })),
    };
  },

  async create(engine, planned, { removals }) {
    const options = {
      Name: String(planned.name),
      Driver: String(planned.driver),
      CheckDuplicate: true,
      Options: planned.options as Record<string, string>,
      Labels: toLabels(planned.labels),
      IPAM: {
        Driver: "default",
        Config: (planned.ipam_config as { subnet: string }[]).map(({ subnet }) => ({
          Subnet: subnet,
        })),
      },
    } satisfies NetworkCreateOptions;
    const created = await removals.onceFree(/Pool overlaps/, () => engine.createNetwork(options));
    return { ...planned, id: created.id };
  },

  async remove(engine, state) {
    const handle = engine.getNetwork(String(state.id));
    await disconnectAll(engine, handle.id);
    try {
      await unlessGone(handle.remove());
    } catch (error) {
      throw await explainEndpoints(handle, error);
    }
  },
};

/** Seen once with Docker 20.10: it counts an endpoint that is on no list, until it is restarted. */
async function explainEndpoints(handle: Docker.Network, error: unknown): Promise<unknown> {
  if (!String(error).includes("has active endpoints")) return error;
  const { Name, Containers } = await handle.inspect();
  const names = Object.values(Containers ?? {}).map(({ Name: name }) => name);
  if (names.length > 0) return new Error(`${names.join(", ")} joined ${Name} meanwhile`);
  return new Error(
    `the engine counts an endpoint on ${Name} that it does not list; a restart of the engine frees it`,
    { cause: error },
  );
}
