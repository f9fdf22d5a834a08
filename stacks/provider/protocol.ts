import { fileURLToPath } from "node:url";
import { loadPackageDefinition, type ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** Terraform's plugin protocol 6.11, as HashiCorp publishes it; MPL-2.0, see its header. */
const protocolFile = fileURLToPath(new URL("tfplugin6.proto", import.meta.url));

export interface DynamicValue {
  msgpack: Uint8Array;
}

export interface Diagnostic {
  severity: "ERROR";
  summary: string;
  detail: string;
}

/** Requests by method, as decoded, as far as we read them. */
export interface Requests {
  GetMetadata: object;
  GetProviderSchema: object;
  ValidateProviderConfig: object;
  ValidateResourceConfig: object;
  UpgradeResourceState: { typeName: string; rawState: { json: Uint8Array } };
  ConfigureProvider: object;
  ReadResource: { typeName: string; currentState: DynamicValue };
  PlanResourceChange: {
    typeName: string;
    priorState: DynamicValue;
    proposedNewState: DynamicValue;
  };
  ApplyResourceChange: { typeName: string; priorState: DynamicValue; plannedState: DynamicValue };
  StopProvider: object;
}

export type Method = keyof Requests;

/** The service `tfplugin6.Provider` with all its methods; a call of one that is not served gets UNIMPLEMENTED. */
export function providerService(): ServiceDefinition {
  // Its import, google/protobuf/timestamp.proto, comes with the loader.
  const loaded = loadPackageDefinition(loadSync(protocolFile, { enums: String }));
  const { Provider } = loaded.tfplugin6 as unknown as { Provider: { service: ServiceDefinition } };
  return Provider.service;
}
