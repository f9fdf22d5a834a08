import { works } from "../asked.ts";
import { type Check, outOfTailnet, seen, seenLine } from "../check.ts";

/** TL121: both are in the tailnet, and not even disco, which goes by relay where nothing else does, is answered. */
export const networkPath: Check = {
  finds: ["TL121"],
  step: "path",
  explainedBy: [
    ...outOfTailnet,
    "TL101",
    "TL130",
    "TL302",
    "TL303",
    "TL304",
    "TL305",
    "TL306",
    "TL307",
    "TL309",
    "TL407",
  ],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.disco === undefined || works(attempts) === true) return;
    const { question, peer } = attempts;
    const disco = read(attempts.disco);
    const own = observations.tailscale.get(question.from);
    const status = own === undefined ? undefined : read(own.status);
    if (disco?.outcome !== "no-reply" || status?.backendState !== "Running" || peer === undefined)
      return;
    const tsmp = attempts.tsmp === undefined ? undefined : read(attempts.tsmp);
    if (tsmp?.outcome === "answered") return;
    const other = observations.tailscale.get(peer);
    // One that does not run is no matter of the path.
    const isOff =
      other?.status.kind === "seen"
        ? other.status.value.backendState !== "Running"
        : other !== undefined &&
          (other.status.isDown === true || other.status.evidence !== undefined);
    if (isOff) return;
    found({
      code: "TL121",
      node: question.from,
      involves: [peer],
      what: `${peer} does not answer ${question.from} on any path, not by a relay either`,
      seen: [
        seenLine(attempts.disco, /timed out|no reply/, "no reply"),
        ...(other?.status.kind === "seen"
          ? [seen(other.status, `"BackendState": "${other.status.value.backendState}"`)]
          : []),
      ],
      why: "both run; what lies between them and the relays drops their packets",
      fix: [
        "in the firewalls of both sides: let TCP 443 out to the relays, and UDP",
        `on ${question.from}: tailscale netcheck`,
        `on ${peer}: tailscale netcheck`,
      ],
      explains: [`${question.from} and ${peer} don't reach each other`],
    });
  },
};
