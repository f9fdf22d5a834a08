import { randomBytes } from "node:crypto";
import type { Engine } from "../lab/engine/engine.ts";
import { reserveSubnets, type SubnetReservation } from "../lab/engine/subnet-pool.ts";
import { emptyAllocation } from "../lab/plan/allocation.ts";
import type { Plan } from "../lab/plan/plan.ts";
import type { PlanOptions } from "../lab/plan/plan-lab.ts";
import { stackRun } from "./orphans.ts";
import type { LabRecord } from "./state.ts";

/** Docker's subnets for the segments of a draft: those that the lab has, as far as they are its own still. */
export function reserveFor(
  engine: Engine,
  draft: Plan,
  record: LabRecord | undefined,
): Promise<SubnetReservation> {
  const { lab, networks } = draft;
  const segments = networks.map(({ name }) => name);
  const kept = record && { subnets: record.allocation.subnets, lab, run: stackRun };
  return reserveSubnets(engine, segments, kept);
}

/** What a plan is given: all that the lab had, and for a new one a secret of its own. */
export function givenBy(
  record: LabRecord | undefined,
  { subnets }: SubnetReservation,
): Pick<PlanOptions, "allocation" | "secret"> {
  return {
    allocation: { ...(record?.allocation ?? emptyAllocation({})), subnets },
    secret: record?.secret ?? randomBytes(16).toString("hex"),
  };
}
