/**
 * Who has which number: by name, so that it depends on no order. Given to the next plan of the same lab, it
 * keeps all that is still declared where it was, and a changed topology is a small change. JSON.
 */
export interface Allocation {
  /** Docker's subnets: by segment, the third byte of 198.19.x.0/24. */
  subnets: Record<string, number>;
  /** By segment and machine, the last byte of Docker's address. */
  dockerHosts: Record<string, Record<string, number>>;
  /** By segment and machine, the simulated IPv4 address as a number. Fixed ones are not in it. */
  addresses: Record<string, Record<string, number>>;
  /** DERP region ids by code. */
  regions: Record<string, number>;
}

/** Nothing has a number yet. `subnets` are the caller's to choose, as they are shared with other labs. */
export function emptyAllocation(subnets: Record<string, number>): Allocation {
  return { subnets, dockerHosts: {}, addresses: {}, regions: {} };
}
