import { expect, test } from "vitest";
import { firstCause } from "../../lab/doctor/text.ts";
import { found, replace } from "./altered-source.ts";

test("the first cause is one line, with its node and its evidence", async () => {
  const cause = firstCause(
    await found(undefined, [
      ["router", "sysctl", replace("net.ipv4.ip_forward = 1", "net.ipv4.ip_forward = 0")],
    ]),
  );
  expect(cause).toMatch(
    /^TL106 ip-forwarding-off on router: .+ \(seen on router: `sysctl -a .+`: net\.ipv4\.ip_forward = 0\)$/,
  );
  expect(cause).not.toContain("\n");
});

test("a lab in which all is well", async () => {
  expect(firstCause(await found(undefined))).toBe("nothing found");
  expect(firstCause(await found("laptop printer:80"))).toBe(
    "nothing found; laptop → printer tcp/80 works now",
  );
});

test("what could not be looked at is no more than that", async () => {
  const cause = firstCause(
    await found(undefined, [["control", "headscale nodes", () => ({ exitCode: 1, stdout: "" })]]),
  );
  expect(cause).toMatch(/^nothing found; not looked at: control: `headscale nodes list -o json`: /);
});
