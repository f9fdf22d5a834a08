/** What a topology's own file needs, and what reads one. */
export { defineLab } from "./define-lab.ts";
export { type LoadedTopology, loadTopology } from "./load.ts";
export { type Policy, policyUsers, readPolicy } from "./policy.ts";
export type {
  HostNode,
  LabDeclaration,
  Network,
  Service,
  TailscaleNode,
  Topology,
  TopologyNode,
} from "./schema.ts";
