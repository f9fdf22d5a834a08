import type { Case, Command } from "../case.ts";
import { twoHomes } from "../topologies.ts";

/** Asks to log in anew; what control is to approve is `$AUTH`. */
function askToJoin(flags: string): Command {
  const up = "tailscale up --reset --login-server=https://control.lab.test --hostname=server";
  return {
    on: "server",
    run: `timeout 5 ${up} --force-reauth ${flags} > /tmp/login 2>&1; sed -n 's|.*/register/||p' /tmp/login | grep .`,
    as: "AUTH",
  };
}

const tagged = askToJoin("--advertise-tags=tag:server");
const register = "headscale auth register --auth-id $AUTH --user alice";

export default {
  name: "tag-not-owned",
  flow: "cant-reach",
  title: "A node asks for a tag that its user does not own",
  report:
    "I want my server to be a `tag:server`, so I logged it out, and in again with --advertise-tags. The login does not go through, and now the server is out of the tailnet.",
  topology: twoHomes({
    policy: {
      tagOwners: { "tag:server": ["bob@"] },
      grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }],
    },
  }),
  faults: [],
  changes: [
    { on: "server", run: "tailscale logout" },
    {
      ...tagged,
      undo: "bash -c '. /run/log-in; up_flags+=(--force-reauth); join_as_user'",
    },
    { on: "control", run: `! ${register}` },
  ],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: ["timeout", "unreachable"],
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL205", node: "server" },
  look: [
    {
      on: "server",
      run: "tailscale status --json | jq -c '{BackendState, Tags: .Self.Tags}'; tailscale debug prefs | jq -c .AdvertiseTags",
      tells: "the machine needs a login, and asks for a tag that it does not have",
    },
    {
      on: "control",
      run: "headscale policy get | jq -c .tagOwners",
      tells: "its user is none of the tag's owners",
    },
  ],
  hint: "Who may give a machine this tag? The policy has a list.",
  remedy: [
    {
      on: "control",
      run: `headscale policy get | jq '.tagOwners["tag:server"] += ["alice@"]' > /tmp/policy.json && headscale policy set --file /tmp/policy.json`,
      undo: `headscale policy set --file /lab/settings/current/policy.hujson`,
    },
    tagged,
    { on: "control", run: register },
  ],
  sources: ["juanfont/headscale#3152", "juanfont/headscale#3374"],
} satisfies Case;
