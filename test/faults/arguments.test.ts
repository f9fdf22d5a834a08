import { describe, expect, test } from "vitest";
import { faultOf, faultText } from "../../cli/fault-arguments.ts";
import { faultKind, faultKinds } from "../../lab/faults/kinds.ts";
import { faultSchema } from "../../lab/topology/faults.ts";

function parse(line: string, ...settings: string[]) {
  const [kind = "", ...targets] = line.split(" ");
  return faultOf(faultKind(kind), targets, settings);
}

test.each([
  [["cut home cafe"], { kind: "cut", between: ["home", "cafe"] }],
  [["partition home,cafe office"], { kind: "partition", groups: [["home", "cafe"], ["office"]] }],
  [["loss cafe 20"], { kind: "loss", at: "cafe", percent: 20 }],
  [["mtu office 1300", "icmp=true"], { kind: "mtu", at: "office", bytes: 1300, icmp: true }],
  [
    ["cut home cafe", "protocol=udp", "oneWay=true"],
    { kind: "cut", between: ["home", "cafe"], protocol: "udp", oneWay: true },
  ],
])("%j", ([line = "", ...settings], fault) => {
  expect(parse(line, ...settings)).toEqual(fault);
});

describe("what is wrong is said", () => {
  test.each([
    [() => parse("cat home"), /did you mean cut/],
    [() => parse("stop"), /needs its node[\s\S]*fault add stop/],
    [() => parse("stop laptop phone"), /takes no target phone/],
    [() => parse("cut home cafe", "protocoll=udp"), /did you mean protocol/],
    [() => parse("cut home cafe", "udp"), /has no setting udp/],
    [() => parse("cut home cafe", "kind=stop"), /has no setting kind/],
  ])("%s", (work, message) => {
    expect(work).toThrow(message);
  });

  test("a value that is none of the kind's is left to the schema", () => {
    expect(faultSchema.safeParse(parse("loss cafe many")).success).toBe(false);
  });
});

describe("examples", () => {
  test.each(faultKinds.map(({ kind, example }) => [kind, example]))("%s", (kind, example) => {
    const { words, settings } = split(example);
    expect(words[0]).toBe(kind);
    const fault = faultSchema.parse(faultOf(faultKind(kind), words.slice(1), settings));
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
