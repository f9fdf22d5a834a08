import protobuf from "protobufjs";

/**
 * The part of Terraform's plugin protocol 6 that Terraform and OpenTofu use of a provider with
 * managed resources only. Field numbers are the protocol's; unlisted fields are skipped by readers.
 * Source: the protocol's description in Terraform's documentation, docs/plugin-protocol.
 */
const description = `
syntax = "proto3";
package tfplugin6;

message Empty {}
message DynamicValue { bytes msgpack = 1; bytes json = 2; }
message RawState { bytes json = 1; }
message AttributePath {
  message Step { string attribute_name = 1; }
  repeated Step steps = 1;
}
message Diagnostic { int32 severity = 1; string summary = 2; string detail = 3; }
message Diagnostics { repeated Diagnostic diagnostics = 1; }
message LateDiagnostics { repeated Diagnostic diagnostics = 2; }

message Attribute {
  string name = 1; bytes type = 2;
  bool required = 4; bool optional = 5; bool computed = 6;
}
message NestedBlock { string type_name = 1; Block block = 2; int32 nesting = 3; }
message Block { repeated Attribute attributes = 2; repeated NestedBlock block_types = 3; }
message Schema { int64 version = 1; Block block = 2; }
message ServerCapabilities { bool get_provider_schema_optional = 2; }

message ResourceMetadata { string type_name = 1; }
message Metadata { ServerCapabilities server_capabilities = 1; repeated ResourceMetadata resources = 4; }
message ProviderSchema {
  Schema provider = 1; map<string, Schema> resource_schemas = 2; ServerCapabilities server_capabilities = 6;
}
message UpgradeRequest { string type_name = 1; RawState raw_state = 3; }
message UpgradeResponse { DynamicValue upgraded_state = 1; repeated Diagnostic diagnostics = 2; }
message ReadRequest { string type_name = 1; DynamicValue current_state = 2; }
message ReadResponse { DynamicValue new_state = 1; repeated Diagnostic diagnostics = 2; }
message PlanRequest {
  string type_name = 1; DynamicValue prior_state = 2; DynamicValue proposed_new_state = 3; DynamicValue config = 4;
}
message PlanResponse {
  DynamicValue planned_state = 1; repeated AttributePath requires_replace = 2; repeated Diagnostic diagnostics = 4;
}
message ApplyRequest { string type_name = 1; DynamicValue prior_state = 2; DynamicValue planned_state = 3; }
message ApplyResponse { DynamicValue new_state = 1; repeated Diagnostic diagnostics = 3; }
message StopResponse { string error = 1; }

service Provider {
  rpc GetMetadata(Empty) returns (Metadata);
  rpc GetProviderSchema(Empty) returns (ProviderSchema);
  rpc ValidateProviderConfig(Empty) returns (LateDiagnostics);
  rpc ValidateResourceConfig(Empty) returns (Diagnostics);
  rpc UpgradeResourceState(UpgradeRequest) returns (UpgradeResponse);
  rpc ConfigureProvider(Empty) returns (Diagnostics);
  rpc ReadResource(ReadRequest) returns (ReadResponse);
  rpc PlanResourceChange(PlanRequest) returns (PlanResponse);
  rpc ApplyResourceChange(ApplyRequest) returns (ApplyResponse);
  rpc StopProvider(Empty) returns (StopResponse);
}
`;

export interface DynamicValue {
  msgpack: Uint8Array;
}

export interface Diagnostic {
  /** 1 is an error. */
  severity: 1;
  summary: string;
  detail: string;
}

/** Requests by method, as decoded; fields of ours only. */
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

const root = protobuf.parse(description).root;
const provider = root.lookupService("tfplugin6.Provider");

export const methods = provider.methodsArray.map((method) => {
  const request = root.lookupType(`tfplugin6.${method.requestType}`);
  const response = root.lookupType(`tfplugin6.${method.responseType}`);
  return {
    name: method.name as Method,
    decodeRequest: (bytes: Uint8Array): unknown => request.decode(bytes),
    encodeResponse: (value: object): Uint8Array =>
      response.encode(response.fromObject(value)).finish(),
  };
});
