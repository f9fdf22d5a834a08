import { LabError } from "../../errors.ts";
import { natRules } from "../../plan/nat-rules.ts";
import type { RunningLab } from "../../running/running-lab.ts";
import type { RunningNode } from "../../running/running-node.ts";
import { natPresets } from "../../topology/nat-presets.ts";
import { type FaultKind, lasting, momentary } from "../fault-kind.ts";
import { restartMachine } from "../machine.ts";
import { routerOf } from "../places.ts";

export const routerFaults: readonly FaultKind[] = [
  lasting({
    kind: "nat",
    targets: ["network", "preset"],
    needs: "a network behind a NAT router",
    example: "nat home hard",
    steps: (lab, { network, preset }) => [
      {
        kind: "setting",
        node: router(lab, network).name,
        setting: "nat rules",
        // Only its own chains: rules of other faults stand beside them.
        read: "nft -s list table ip nat && nft -s list table inet filter",
        write: `rules=$(cat)
nft -f - <<END
table ip nat {}
delete table ip nat
table inet filter {}
delete table inet filter
$rules
END
conntrack -F 2> /dev/null`,
        value: natRules(natPresets[preset]).replace("flush ruleset\n", ""),
        atBoot: "again",
      },
    ],
  }),
  momentary({
    kind: "router-reboot",
    targets: ["network"],
    needs: "a network behind a NAT router",
    example: "router-reboot home",
    act: (lab, { network }) => restartMachine(router(lab, network)),
  }),
];

function router(lab: RunningLab, network: string): RunningNode {
  const found = routerOf(lab, network);
  if (found !== undefined) return found;
  throw new LabError("UsageInvalid", "its machines have public addresses: it has no router", {
    where: network,
    remedy: "name a network behind a NAT",
  });
}
