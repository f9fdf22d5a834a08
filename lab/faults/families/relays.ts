import { LabError } from "../../errors.ts";
import { serverName } from "../../plan/headscale-config.ts";
import type { RunningLab } from "../../running/running-lab.ts";
import type { RunningNode } from "../../running/running-node.ts";
import { passages, rulesAt } from "../edge.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { replacement, script, service } from "../settings.ts";
import { untilBound } from "./services.ts";

export const relayFaults: readonly FaultKind[] = [
  lasting({
    kind: "relay-down",
    targets: ["region"],
    needs: "nothing",
    example: "relay-down fra",
    steps: (lab, { region }) => [service(relayOf(lab, region).name, "derper", untilServes)],
  }),
  lasting({
    kind: "relay-tcp-blocked",
    targets: ["region", "at"],
    needs: "nothing",
    example: "relay-tcp-blocked fra home",
    steps: (lab, { region, at = "internet" }) =>
      rulesAt(passages(lab, at, relayOf(lab, region)), (matches) =>
        matches.flatMap(({ out, back }) =>
          [out, back].map((match) => `${match} meta l4proto tcp drop`),
        ),
      ),
  }),
  lasting({
    kind: "relay-untrusted",
    targets: ["region", "certificate"],
    needs: "nothing",
    example: "relay-untrusted fra expired",
    async steps(lab, { region, certificate }) {
      const host = serverName.relay(region);
      const [from, to] = certificate === "expired" ? [-60, -1] : [1, 60];
      const made = await lab.control.output(["bash", "-Eeuo", "pipefail", "-s"], {
        input: script("certify.sh", { host, from: inDays(from), to: inDays(to) }),
      });
      const commands = `mkdir -p /run/derper
cat > "/run/derper/$host.key" <<'END'
${made.trim()}
END
cp "/run/derper/$host.key" "/run/derper/$host.crt"
exec derper -c /var/lib/derper/derper.key -hostname "$host" -certmode manual -certdir /run/derper \\
  -a :443 -http-port 80 -stun -stun-port 3478
`;
      return [replacement(relayOf(lab, region).name, "derper", commands, { ready: untilServes })];
    },
  }),
];

const untilServes = untilBound([{ kind: "http", port: 443 }]);

function relayOf(lab: RunningLab, region: string): RunningNode {
  const relays = lab.ofKind("relay");
  const found = relays.find(({ spec }) => spec.region === region);
  if (found !== undefined) return found;
  throw new LabError("NodeNotFound", "no relay serves this region", {
    where: region,
    remedy: `the regions are ${relays.map(({ spec }) => spec.region).join(", ")}`,
  });
}

/** As openssl-ca(1) takes it: YYYYMMDDHHMMSSZ. */
function inDays(days: number): string {
  const text = new Date(Date.now() + days * 86_400_000).toISOString();
  return `${text.replace(/[-:T]|\..*/g, "")}Z`;
}
