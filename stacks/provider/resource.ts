import type Docker from "dockerode";
import type PQueue from "p-queue";
import type { EndpointQueue } from "../../lab/engine/endpoint-queue.ts";
import { isEngineLost } from "../../lab/engine/engine.ts";
import { LabError } from "../../lab/errors.ts";
import type { FirstStarts } from "./first-starts.ts";
import type { Removals } from "./removals.ts";
import type { ResourceSchema } from "./schema.ts";
import type { ObjectValue } from "./values.ts";

/** How one type of resource lives on the engine. States have the schema's attributes, all set. */
export interface ResourceType {
  schema: ResourceSchema;
  /** The state as the engine has it now; null where it is gone. Reads only. */
  read(engine: Docker, state: ObjectValue): Promise<ObjectValue | null>;
  create(engine: Docker, planned: ObjectValue, order: Order): Promise<ObjectValue>;
  /** Terraform has planned a creation. */
  announce?(planned: ObjectValue, order: Order): void;
  /** Carries out a change of updatable attributes; absent where none of them is known to the engine. */
  update?(engine: Docker, prior: ObjectValue, planned: ObjectValue, order: Order): Promise<void>;
  /** Fine where it is gone already. */
  remove(engine: Docker, state: ObjectValue, order: Order): Promise<void>;
}

/** What creations and removals that go on side by side know of each other. */
export interface Order {
  removals: Removals;
  endpoints: EndpointQueue;
  /** Creations of containers. */
  creations: PQueue;
  firstStarts: FirstStarts;
}

/** Thrown by `create` where something was made and could not be taken away again. */
export class HalfMade extends Error {
  readonly state: ObjectValue;

  constructor(state: ObjectValue, cause: Error) {
    super(cause.message, { cause });
    this.state = state;
  }
}

/** What the engine answers, or null where it does not know the thing. */
export async function unlessGone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}

/** Whether the engine refused with this HTTP status. */
export function isStatus(error: unknown, status: number): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === status;
}

/** Whether there was no answer at all: the engine is not there, or went away while it worked. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isEngineLost(error) || (error instanceof LabError && error.name === "EngineLost"))
    return true;
  // What could not be taken away again, as the connection was lost, was lost by it.
  return isConnectionLost(error.cause);
}

/** `labels` blocks as the engine takes them. */
export function toLabels(blocks: unknown): Record<string, string> {
  return Object.fromEntries(
    (blocks as { label: string; value: string }[]).map(({ label, value }) => [label, value]),
  );
}
