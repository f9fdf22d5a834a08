import { LabError } from "../../errors.ts";

/** What the probe tries on the engine's machine. */
export const features = ["nat", "tun", "policy-routing", "ipv6", "segment"] as const;
export type Feature = (typeof features)[number];

export const featureNames: Record<Feature, string> = {
  nat: "nftables with NAT and connection tracking",
  tun: "TUN devices",
  "policy-routing": "policy routing",
  ipv6: "IPv6",
  segment: "containers on one network reach each other",
};

/** @param hint what the tools printed, or why set-up does nothing about it; may be empty */
export function featureFault(feature: Feature, kernel: string, hint: string): LabError {
  const more = hint === "" ? "" : ` (${hint})`;
  const where = `the engine's machine, kernel ${kernel}`;
  const lacks = (remedy: string) =>
    new LabError("KernelLacks", `the kernel lacks ${featureNames[feature]}`, { where, remedy });
  switch (feature) {
    case "tun":
      return new LabError("TunMissing", "the engine's machine has no TUN device, /dev/net/tun", {
        where,
        remedy: `load the kernel's module there as root: modprobe tun${more}`,
      });
    case "segment":
      return new LabError(
        "SegmentBlocked",
        "two containers on one network can't reach each other: the engine's machine drops what its bridges pass on",
        {
          where:
            "the host's FORWARD rules, which bridged packets pass as net.bridge.bridge-nf-call-iptables is 1",
          remedy:
            "as root there: remove the rule that drops them (iptables -S FORWARD; nft list ruleset), or sysctl -w net.bridge.bridge-nf-call-iptables=0",
        },
      );
    case "ipv6":
      return lacks("boot the engine's machine without ipv6.disable=1");
    case "nat":
      return lacks(
        `load its modules there as root: modprobe -a nf_tables nft_chain_nat nft_masq nft_ct${more}`,
      );
    case "policy-routing":
      return lacks("use a kernel with CONFIG_IP_MULTIPLE_TABLES");
  }
}
