import { expect, test } from "vitest";
import { diagnosisText, firstCause } from "../../lab/doctor/text.ts";
import { silent } from "./alterations.ts";
import { type Alteration, found, replace } from "./altered-source.ts";

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

test("what tailscaled itself warns of is told where nothing explains a failure, and with --all", async () => {
  const warning =
    "Tailscale could not connect to the 'New York' relay server.\nYour connection may be offline.";
  const warns = (machine: string): Alteration => [
    machine,
    "tailscale status --json",
    ({ stdout }) => ({ stdout: JSON.stringify({ ...JSON.parse(stdout), Health: [warning] }) }),
  ];
  const told =
    "What tailscaled itself warns of:\n  router: Tailscale could not connect to the 'New York' relay server. Your connection may be offline.";

  const unexplained = await found("laptop router:80", [...silent, warns("router")]);
  expect(unexplained.findings).toEqual([]);
  expect(diagnosisText(unexplained, { all: false })).toContain(told);
  const works = await found("laptop router:80", [warns("router")]);
  expect(diagnosisText(works, { all: false })).not.toContain("warns of");
  expect(diagnosisText(works, { all: true })).toContain(told);
  expect((await found("laptop router:80", [...silent])).health).toEqual([]);
});
