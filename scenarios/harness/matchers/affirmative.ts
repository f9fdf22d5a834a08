import { noteClaim } from "../claims.ts";
import type { MatcherResult } from "./verdict.ts";

type Matcher<Arguments extends unknown[]> = (...args: Arguments) => Promise<MatcherResult>;

/**
 * A matcher that refuses `.not`: that its claim could not be proved is no proof of the opposite. `instead` says which
 * matcher proves that. Throws at once, before anything is asked.
 */
export function affirmative<Arguments extends unknown[]>(
  name: string,
  instead: string,
  matcher: Matcher<Arguments>,
) {
  return function (this: { isNot?: boolean }, ...args: Arguments): Promise<MatcherResult> {
    if (this.isNot === true) {
      throw new Error(`${name} can't be negated: that it fails proves nothing. Use ${instead}`);
    }
    return matcher(...args).then((result) => {
      noteClaim([name, ...args], result);
      return result;
    });
  };
}
