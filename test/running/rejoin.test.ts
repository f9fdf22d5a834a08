import { expect, test } from "vitest";
import { outAtControl } from "../../lab/running/rejoin.ts";

test.each([
  ["without expiry", [{ expiry: undefined }], undefined],
  ["that expires later", [{ expiry: 101 }], undefined],
  ["that has expired", [{ expiry: 99 }], "its key had expired, or it was logged out"],
  ["that came again beside its former self", [{ expiry: 99 }, { expiry: undefined }], undefined],
  ["that was deleted", [], "Headscale did not know it any more"],
])("a node %s", (_, own, why) => {
  expect(outAtControl(own, 100)).toBe(why);
});
