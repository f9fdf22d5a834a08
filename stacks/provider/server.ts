import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type Docker from "dockerode";
import PQueue from "p-queue";
import { EndpointQueue } from "../../lab/engine/endpoint-queue.ts";
import { FirstStarts } from "./first-starts.ts";
import { planChange } from "./plan-change.ts";
import { type Diagnostic, type Method, providerService, type Requests } from "./protocol.ts";
import { Removals } from "./removals.ts";
import { HalfMade, isConnectionLost, type Order, type ResourceType } from "./resource.ts";
import { resourceType, resourceTypes } from "./resources.ts";
import { toProtocol } from "./schema.ts";
import { decodeValue, encodeValue, fitState, type ObjectValue } from "./values.ts";

/**
 * How many containers are created at once. Terraform asks for all of them together, and the engine is no
 * faster with more.
 */
const creationsAtOnce = 8;

/** Serves `docker_*` resources to Terraform from inside this process, over a socket of its own. */
export interface EmbeddedProvider extends AsyncDisposable {
  /** The environment that makes Terraform or OpenTofu use it. */
  environment: Record<string, string>;
  /** The first call that the engine did not answer at all. */
  engineLost(): Error | undefined;
}

/** @param address the path of the socket; it must lie where this user alone may go. */
export async function serveProvider(engine: Docker, address: string): Promise<EmbeddedProvider> {
  let lost: Error | undefined;
  const order: Order = {
    removals: new Removals(),
    endpoints: new EndpointQueue(engine),
    creations: new PQueue({ concurrency: creationsAtOnce }),
    firstStarts: new FirstStarts(),
  };
  // A container's files are in its attributes: no limit on a message, where gRPC's own is 4 MB.
  const server = new Server({ "grpc.max_receive_message_length": -1 });
  const onLost = (error: Error) => {
    lost ??= error;
  };
  server.addService(providerService(), answers(engine, order, onLost));
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${address}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  const reattach = {
    Protocol: "grpc",
    ProtocolVersion: 6,
    Pid: process.pid,
    // Terraform neither starts nor stops a provider under test. But it kills this process where
    // the socket is gone: dispose only when Terraform has ended.
    Test: true,
    Addr: { Network: "unix", String: address },
  };
  return {
    environment: {
      // Each tool completes the short name with its own registry's; a state says which it was.
      TF_REATTACH_PROVIDERS: JSON.stringify({
        "registry.terraform.io/kreuzwerker/docker": reattach,
        "registry.opentofu.org/kreuzwerker/docker": reattach,
      }),
    },
    engineLost: () => lost,
    async [Symbol.asyncDispose]() {
      order.endpoints[Symbol.dispose]();
      server.forceShutdown();
    },
  };
}

type Answers = { [M in Method]: (request: Requests[M]) => object | Promise<object> };

function answers(
  engine: Docker,
  order: Order,
  onLost: (error: Error) => void,
): UntypedServiceImplementation {
  const serverCapabilities = { getProviderSchemaOptional: true };
  /** What a failed call says to Terraform, which shows it to the user. */
  const explain = (summary: string, error: unknown): { diagnostics: Diagnostic[] } => {
    if (error instanceof Error && isConnectionLost(error)) onLost(error);
    return { diagnostics: [{ severity: "ERROR", summary, detail: words(error) }] };
  };
  const byMethod: Answers = {
    GetMetadata: () => ({
      serverCapabilities,
      resources: resourceTypes.map(([typeName]) => ({ typeName })),
    }),
    GetProviderSchema: () => ({
      provider: { version: 0, block: {} },
      resourceSchemas: Object.fromEntries(
        resourceTypes.map(([name, { schema }]) => [name, toProtocol(schema)]),
      ),
      serverCapabilities,
    }),
    ValidateProviderConfig: () => ({}),
    ValidateResourceConfig: () => ({}),
    ConfigureProvider: () => ({}),
    StopProvider: () => ({}),
    UpgradeResourceState: ({ typeName, rawState }) => {
      const stored = JSON.parse(Buffer.from(rawState.json).toString()) as ObjectValue;
      return { upgradedState: dynamic(fitState(resourceType(typeName).schema, stored)) };
    },
    ReadResource: async ({ typeName, currentState }) => {
      const state = decodeValue(currentState.msgpack);
      if (state === null) return { newState: dynamic(null) };
      try {
        return { newState: dynamic(await resourceType(typeName).read(engine, state)) };
      } catch (error) {
        return { newState: currentState, ...explain(`Can't read ${nameOf(state)}`, error) };
      }
    },
    PlanResourceChange: ({ typeName, priorState, proposedNewState }) => {
      const type = resourceType(typeName);
      const prior = decodeValue(priorState.msgpack);
      const proposed = decodeValue(proposedNewState.msgpack);
      const { planned, requiresReplace } = planChange(type.schema, prior, proposed);
      // Terraform asks for a replacement a second time, as for a creation.
      if (prior === null && planned !== null) type.announce?.(planned, order);
      return {
        plannedState: dynamic(planned),
        requiresReplace: requiresReplace.map((name) => ({ steps: [{ attributeName: name }] })),
      };
    },
    ApplyResourceChange: async ({ typeName, priorState, plannedState }) => {
      const prior = decodeValue(priorState.msgpack);
      const planned = decodeValue(plannedState.msgpack);
      try {
        return {
          newState: dynamic(await apply(engine, order, resourceType(typeName), prior, planned)),
        };
      } catch (error) {
        const left = error instanceof HalfMade ? error.state : prior;
        const doing = planned === null ? "remove" : "create";
        return {
          newState: dynamic(left),
          ...explain(`Can't ${doing} ${nameOf(planned ?? prior)}`, error),
        };
      }
    },
  };
  return Object.fromEntries(
    Object.entries(byMethod).map(([name, answer]) => [name, unary(answer as Answer)]),
  );
}

type Answer = (request: unknown) => object | Promise<object>;

function unary(answer: Answer): handleUnaryCall<unknown, object> {
  return ({ request }, done) => {
    Promise.resolve(request)
      .then(answer)
      .then(
        (response) => done(null, response),
        (error: unknown) => done({ details: String(error) }),
      );
  };
}

async function apply(
  engine: Docker,
  order: Order,
  type: ResourceType,
  prior: ObjectValue | null,
  planned: ObjectValue | null,
): Promise<ObjectValue | null> {
  if (planned === null) {
    if (prior !== null) await type.remove(engine, prior, order);
    order.removals.ended();
    return null;
  }
  if (prior === null) return await type.create(engine, planned, order);
  await type.update?.(engine, prior, planned, order);
  return planned;
}

/** The engine's own message, without what the client library writes around it. */
function words(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message?: string };
  return (json?.message ?? message ?? String(error)).trim();
}

function nameOf(state: ObjectValue | null): string {
  return String(state?.name ?? "a resource");
}

const dynamic = (value: ObjectValue | null) => ({ msgpack: encodeValue(value) });
