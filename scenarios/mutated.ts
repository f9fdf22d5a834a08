/** Vitest's setup file of a mutation run: it changes the labs by the mutation that TAILNET_LAB_MUTATION names. */
import { changeLabs } from "./harness/mutation.ts";
import { mutations } from "./mutations.ts";

const name = process.env.TAILNET_LAB_MUTATION;
const mutation = mutations.find((candidate) => candidate.name === name);
if (mutation === undefined) throw new Error(`there is no mutation ${name}`);
changeLabs(mutation);
