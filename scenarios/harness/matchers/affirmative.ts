import { inspect } from "node:util";
import { LabError } from "../../../lab/errors.ts";
import { noteClaim } from "../claims.ts";
import { assertArguments, type takes } from "./arguments.ts";
import type { MatcherResult } from "./verdict.ts";

type Matcher<Arguments extends unknown[]> = (...args: Arguments) => Promise<MatcherResult>;

/**
 * A matcher that refuses `.not`: that its claim could not be proved is no proof of the opposite. `instead` says which
 * matcher proves that. Throws at once, before anything is asked.
 */
export function affirmative<Arguments extends unknown[]>(
  name: keyof typeof takes,
  instead: string,
  matcher: Matcher<Arguments>,
) {
  return function (this: { isNot?: boolean }, ...args: Arguments): Promise<MatcherResult> {
    if (this.isNot === true) {
      throw new LabError("UsageInvalid", `${name} can't be negated: that it fails proves nothing`, {
        remedy: `use ${instead}`,
      });
    }
    const [subject, ...rest] = args;
    assertNodes(name, subject);
    assertArguments(name, rest);
    return matcher(...args).then((result) => {
      noteClaim([name, ...args], result);
      return result;
    });
  };
}

function assertNodes(matcher: string, subject: unknown): void {
  const nodes = Array.isArray(subject) ? subject.map((cell) => cell?.from) : [subject];
  const wrong = nodes.find((node) => typeof node?.exec !== "function");
  if (nodes.length > 0 && wrong === undefined && !nodes.includes(undefined)) return;
  throw new LabError(
    "UsageInvalid",
    `${matcher} claims something of a node, not of ${inspect(nodes.length === 0 ? subject : wrong, { depth: 0 })}`,
    { remedy: 'write expect(lab.node("NAME")), or for a matrix a list of { from, to, … }' },
  );
}
