import { nodeOf } from "../../running/headscale.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { headscaleSetting, preference, replacement, script, until } from "../settings.ts";
import type { SettingStep } from "../step.ts";
import { stepFile, stepsDirectory } from "../store.ts";

export const identityFaults: readonly FaultKind[] = [
  lasting({
    kind: "key-expired",
    targets: ["node"],
    needs: "a node with Tailscale that has joined",
    example: "key-expired phone",
    async steps(lab, { node }) {
      const { id } = await nodeOf(lab, node);
      const expiry = '.expiry // empty | if type == "object" then .seconds | todate else . end';
      return [
        headscaleSetting(`key expiry of ${id}`, {
          read: `headscale nodes list -o json | jq -r '.[] | select(.id == ${id}) | ${expiry}'`,
          write: `value=$(cat)
if [ -n "$value" ]; then
  headscale nodes expire -i ${id} -e "$value" > /dev/null
else
  headscale nodes expire -i ${id} --disable > /dev/null
fi`,
          value: new Date(Date.now() - 60_000).toISOString(),
        }),
      ];
    },
  }),
  lasting({
    kind: "logged-out",
    targets: ["node"],
    needs: "a node with Tailscale that has joined",
    example: "logged-out phone",
    steps: (_, { node }) => [
      {
        kind: "script",
        node,
        inject: `[ "${loggedOut}" = true ] || tailscale logout`,
        clear: `[ "${loggedOut}" != true ] || {
${until}${script("log-in.sh", {})}
${injectAgain}
}`,
        atBoot: "again",
      },
    ],
  }),
  lasting({
    kind: "tailscale-stopped",
    targets: ["node"],
    needs: "a node with Tailscale",
    example: "tailscale-stopped server",
    steps: (_, { node }) => [
      {
        kind: "script",
        node,
        inject: "tailscale down",
        // Not by `tailscale up`: it waits for a login where the node needs one.
        clear: `if [ "${loggedOut}" != true ]; then
  tailscale debug localapi PATCH /localapi/v0/prefs '{"WantRunning":true,"WantRunningSet":true}' > /dev/null
  ${settled}
fi`,
        atBoot: "again",
      },
    ],
  }),
  lasting({
    kind: "cloned-state",
    targets: ["node", "of"],
    needs: "two nodes with Tailscale that have joined",
    example: "cloned-state workstation laptop",
    async steps(lab, { node, of }) {
      const newest = 'cat "$(ls -t /lab/state/*/tailscaled.state | head -n 1)" | base64 -w 0';
      const state = (await lab.node(of).output(["bash", "-c", newest])).trim();
      const copy = `mkdir -p /var/lib/tailscale
base64 -d <<< ${state} > /var/lib/tailscale/tailscaled.state`;
      return [
        tailscaled(node, copy, "--statedir=/var/lib/tailscale"),
        {
          kind: "script",
          node: of,
          inject: ":",
          clear: tellAnew,
          clearsLast: true,
          atBoot: "again",
        },
      ];
    },
  }),
  lasting({
    kind: "userspace-networking",
    targets: ["node"],
    needs: "a node with Tailscale",
    example: "userspace-networking laptop",
    steps: (_, { node }) => [
      tailscaled(node, ":", '--tun=userspace-networking --statedir="/lab/state/$identity"'),
    ],
  }),
  lasting({
    kind: "duplicate-hostname",
    targets: ["node", "of"],
    needs: "two nodes with Tailscale",
    example: "duplicate-hostname phone laptop",
    steps: (lab, { node, of }) => [
      preference(node, "hostname", {
        read: ".Hostname",
        set: '--hostname="$value"',
        value: lab.node(of).spec.tailnet?.hostname ?? of,
      }),
    ],
  }),
];

const loggedOut = "$(tailscale debug prefs | jq -r .LoggedOut)";
/**
 * Shell: what other faults did to a node is done again, after a login that gave it all its preferences anew. A logout
 * had taken them away: a value from then is not the one of before the fault.
 */
const injectAgain = `others=()
for step in ${stepsDirectory}/*/; do
  [[ $step != */"$FAULT".* && -e $step/${stepFile.inject} && ! -e $step/${stepFile.undo} ]] || continue
  others+=("$step")
  ! grep -q '"setting":"pref ' "$step/${stepFile.record}" || rm -f "$(< "$step/${stepFile.base}")"
done
for step in "\${others[@]}"; do
  bash -Eeuo pipefail "$step/${stepFile.inject}" > /dev/null
done`;

/**
 * Shell: control takes the clone's disco key and endpoints for the original's, which has told its own and does not do so
 * again: peers then reach it by relays alone. A new key is told. The command answers with an error, and does it.
 */
const tellAnew = `key() { tailscale debug netmap | jq -r .SelfNode.DiscoKey; }
before=$(key)
tailscale debug rotate-disco-key > /dev/null 2>&1 || true
for ((tries = 0; tries < 100; tries++)); do
  [ "$(key)" = "$before" ] || break
  sleep 0.05
done`;

/** Shell: until tailscaled knows whether it is connected. Where control does not answer it stays "Starting". */
const settled = `${until}settled() { tailscale status --json | jq -e '.BackendState | IN("NoState", "Starting") | not'; }
until_succeeds settled`;

/**
 * Shell: preferences are a state's own. What faults have made of them is taken back before tailscaled goes on, as it may
 * be with another state, and made anew in that. After a boot the values of before are of the other state, and the boot
 * script has given the machine's own its preferences.
 */
const preferencesAnew = {
  before: `preferences=()
for step in ${stepsDirectory}/*/; do
  [[ -e $step/${stepFile.inject} && ! -e $step/${stepFile.undo} ]] || continue
  ! grep -q '"setting":"pref ' "$step/${stepFile.record}" || preferences+=("$step")
done
replaced=${stepsDirectory}/replaced
if [ -e $replaced ] && [ ! -e /run/programs/tailscaled ]; then
  for step in "\${preferences[@]}"; do rm -f "$(< "$step/${stepFile.base}")"; done
  (. /run/log-in && tailscale up "\${up_flags[@]}")
else
  for step in "\${preferences[@]}"; do touch "$step/${stepFile.undo}"; done
  for step in "\${preferences[@]}"; do bash -Eeuo pipefail "$step/${stepFile.inject}"; done
fi`,
  after: `for step in "\${preferences[@]}"; do rm -f "$step/${stepFile.undo}"; done
for step in "\${preferences[@]}"; do bash -Eeuo pipefail "$step/${stepFile.inject}"; done
if [ -e /run/programs/tailscaled ]; then touch $replaced; else rm -f $replaced; fi`,
};

/** tailscaled with other flags than its boot script gives it. */
function tailscaled(node: string, before: string, flags: string): SettingStep {
  const command = `exec tailscaled ${flags} --socket="$socket" --port=41641 --no-logs-no-support`;
  const value = `${before}\n${command}\n`;
  return replacement(node, "tailscaled", value, { ready: settled, ...preferencesAnew });
}
