import { describe, expect, test } from "vitest";
import { asTyped, faultOf, faultText } from "../../cli/fault-arguments.ts";
import { kindText } from "../../cli/fault-kind-text.ts";
import { targetsOf, usageOf } from "../../cli/fault-usage.ts";
import { LabError } from "../../lab/errors.ts";
import { faultKind, faultKinds } from "../../lab/faults/kinds.ts";

function parse(line: string, ...settings: string[]) {
  const [kind = "", ...targets] = line.split(" ");
  return faultOf(faultKind(kind), targets, settings);
}

test.each([
  [["cut home cafe"], { kind: "cut", between: ["home", "cafe"], protocol: "all", oneWay: false }],
  [["partition home,cafe office"], { kind: "partition", groups: [["home", "cafe"], ["office"]] }],
  [["loss cafe 20"], { kind: "loss", at: "cafe", percent: 20 }],
  [["loss cafe", "percent=20"], { kind: "loss", at: "cafe", percent: 20 }],
  [["mtu office 1300", "icmp=true"], { kind: "mtu", at: "office", bytes: 1300, icmp: true }],
  [["policy laptop server"], { kind: "policy", deny: { from: "laptop", to: "server" } }],
  [["policy", 'policy={"grants":[]}'], { kind: "policy", policy: { grants: [] } }],
  [
    ["cut home cafe", "protocol=udp", "oneWay=true"],
    { kind: "cut", between: ["home", "cafe"], protocol: "udp", oneWay: true },
  ],
])("%j", ([line = "", ...settings], fault) => {
  expect(parse(line, ...settings)).toEqual(fault);
});

describe("what is to be typed", () => {
  test.each([
    ["cut", "cut PLACE OTHER-PLACE [--set protocol=all|udp|tcp] [--set oneWay=true|false]"],
    ["partition", "partition PLACE[,PLACE…] PLACE[,PLACE…] …"],
    ["loss", "loss PLACE PERCENT"],
    ["nat", "nat NETWORK easy|hard"],
    ["route-withdrawn", "route-withdrawn NODE [ROUTE]"],
    ["policy", "policy [FROM] [TO] [--set policy=JSON]"],
    ["dns-loop", "dns-loop"],
  ])("for %s", (kind, usage) => {
    expect(usageOf(faultKind(kind))).toBe(usage);
  });

  test("is told with what it means", () => {
    expect(kindText(faultKind("loss"))).toBe(`tailnet-lab fault add loss PLACE PERCENT
  PLACE    A network or a node by name, or \`internet\`.
  PERCENT  A number from 1 to 100. Of the packets, both ways.

A share of a place's packets is lost.
Needs: a place.
Example: tailnet-lab fault add loss cafe 20`);
  });
});

describe("what is wrong is said in the words that are typed", () => {
  test.each([
    [() => parse("cat home"), /did you mean cut/],
    [() => parse("stop laptop phone"), /^stop takes no phone\n.*type: .* stop NODE;/],
    [() => parse("loss cafe many"), /PERCENT: "many" is not accepted \(write a number\)/],
    [() => parse("loss cafe 200"), /PERCENT: 200 is not accepted \(write at most 100\)/],
    [() => parse("loss cafe 1.5"), /PERCENT: 1.5 is not accepted \(write a whole number\)/],
    [() => parse("cut home"), /^cut lacks OTHER-PLACE\n/],
    [() => parse("cut home Cafe"), /OTHER-PLACE: "Cafe" is not accepted \(use lower-case/],
    [() => parse("partition home"), /^partition lacks PLACE\[,PLACE…\]\n/],
    [() => parse("policy laptop"), /^policy lacks TO\n.*A node's name/],
    [() => parse("route-withdrawn router 10.20.0.0"), /ROUTE: .*write a prefix, such as/],
    [() => parse("nat home medium"), /easy\|hard: "medium" .*write one of easy, hard/],
    [() => parse("mtu home 1300", "icmp=yes"), /--set icmp=true\|false: .*write true or false/],
    [() => parse("cut home cafe", "protocoll=udp"), /did you mean protocol/],
    [() => parse("cut home cafe", "oneWay"), /no value[\s\S]*type: --set oneWay=true\|false/],
    [() => parse("cut home cafe", "kind=stop"), /has no setting kind/],
    [() => parse("cut home cafe", "=udp"), /has no setting ""/],
    [() => parse("loss home 20", "percent=30"), /percent is given twice/],
    [() => parse("loss home", "percent=20", "percent=30"), /percent is given twice/],
    [() => parse("rate home 10000001"), /at most 10000000/],
  ])("%s", (work, message) => {
    expect(work).toThrow(message);
  });

  test.each(faultKinds.filter((kind) => targetsOf(kind).some((each) => !each.isOptional)))(
    "$kind without its words",
    (kind) => {
      const words = targetsOf(kind).flatMap(({ word, isOptional }) => (isOptional ? [] : [word]));
      expect(() => faultOf(kind, [], [])).toThrow(
        expect.objectContaining({
          what: `${kind.kind} lacks ${words.join(" and ")}`,
          issues: words.map((word) => expect.objectContaining({ where: word, what: "is missing" })),
          remedy: `type: tailnet-lab fault add ${usageOf(kind)}; for example: tailnet-lab fault add ${kind.example}`,
        }),
      );
    },
  );

  test("also where the lab has not what is named", () => {
    const issues = [{ where: "between[1]", what: "there is no place x", remedy: "" }];
    const told = asTyped(faultKind("cut"), new LabError("UsageInvalid", "no", { issues }));
    expect(told).toMatchObject({ issues: [{ where: "OTHER-PLACE", what: "there is no place x" }] });
    const port = new LabError("UsageInvalid", "no service", { where: "port", remedy: "80" });
    expect(asTyped(faultKind("service-down"), port)).toMatchObject({ where: "PORT", remedy: "80" });
  });
});

describe("examples", () => {
  test.each(faultKinds.map(({ kind, example }) => [kind, example]))("%s", (kind, example) => {
    const { words, settings } = split(example);
    expect(words[0]).toBe(kind);
    const fault = faultOf(faultKind(kind), words.slice(1), settings);
    const text = faultText(faultKind(kind), fault);
    expect(text.startsWith([kind, ...words.slice(1)].join(" "))).toBe(true);
  });
});

/** An example's targets, and its `--set`s. */
function split(example: string): { words: string[]; settings: string[] } {
  const all = [...example.matchAll(/'[^']*'|\S+/g)].map(([word]) => word.replaceAll("'", ""));
  const words: string[] = [];
  const settings: string[] = [];
  for (let at = 0; at < all.length; at++) {
    if (all[at] === "--set") settings.push(all[++at] ?? "");
    else if (all[at] === "--for") at++;
    else words.push(all[at] ?? "");
  }
  return { words, settings };
}
