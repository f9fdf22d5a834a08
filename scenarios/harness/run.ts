import { randomUUID } from "node:crypto";

/** The run whose processes share their labs and whose owner removes them at its end. */
export const sharedRun = process.env.TAILNET_LAB_RUN;

/**
 * The id of a run of scenarios, on the labels of all its labs. Vitest's main process hands it to
 * its workers by environment; a worker without one is a run of its own.
 */
export const run = sharedRun ?? `scenario-${randomUUID().slice(0, 8)}`;
