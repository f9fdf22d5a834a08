import type { RelayProbe } from "../../evidence/probes.ts";
import type { Check } from "../check.ts";

/** TL308 captive-portal: relays answer on port 80 with a word that was sent to them; a portal does not know it. */
export const captivePortal: Check = {
  finds: ["TL308"],
  step: "path",
  explainedBy: [],
  run(look) {
    for (const [name, { relayProbes }] of look.observations.tailscale) {
      if (relayProbes.kind === "unseen" && relayProbes.isDown) continue;
      const answered = (look.read(relayProbes) ?? []).filter(({ http }) => http.exitCode === 0);
      const [first] = answered;
      if (first === undefined || answered.some((probe) => !isPortal(probe))) continue;
      look.found({
        code: "TL308",
        node: name,
        what: `something on ${name}'s network answers in the place of the internet`,
        seen: [
          {
            node: name,
            command: `curl -H 'X-Tailscale-Challenge: ts_${first.host}' http://${first.host}/generate_204`,
            line: first.http.text,
          },
        ],
        why: "a relay answers 204 with the word that it was sent; this answer is another's, as that of a login page",
        fix: [
          `on ${name}: open http://${first.host}/generate_204 in a browser, and log in to the network`,
        ],
        explains: [`${name} reaches neither control nor relays until it has logged in there`],
      });
    }
  },
};

/** One that only sends on to HTTPS of the same name is a relay behind a proxy. */
function isPortal({ host, http }: RelayProbe): boolean {
  return (
    !http.isRelay &&
    // A line that is cut off has none.
    http.status > 0 &&
    http.status !== 204 &&
    !http.text.includes(`https://${host}`) &&
    http.status < 400
  );
}
