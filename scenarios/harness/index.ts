export { type Cell, expect } from "./expect.ts";
export { labTest } from "./lab-test.ts";
export { type LabSource, ScenarioLab } from "./scenario-lab.ts";
