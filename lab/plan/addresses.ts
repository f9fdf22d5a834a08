import { addressText, prefix } from "../topology/prefix.ts";
import { simulatedInternet } from "../topology/reserved.ts";

/** The simulated internet, one segment: of RFC 2544's range for benchmarks and RFC 3849's for documentation. */
export const internetPrefixes = [simulatedInternet.text, "2001:db8::/64"];

/** Fixed public addresses; the first /24 of the internet is kept for the lab's own servers. */
export const serverAddress = {
  control: "198.18.0.2",
  dns: "198.18.0.53",
};

/** The IPv6 address beside a public IPv4 one: 198.18.5.9 has 2001:db8::5:9. */
export function publicV6(address: string): string {
  const [, , high = "0", low = "0"] = address.split(".");
  return addressText(6, prefix(`2001:db8::${high}:${low}`).first);
}

/** The hardware address of the interface that has this address of Docker's, as Docker itself makes it. */
export function hardwareAddress(dockerAddress: string): string {
  const bytes = dockerAddress.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return ["02", "42", ...bytes].join(":");
}

/** The router of a network, as a node's name. */
export function routerName(network: string): string {
  return `router-${network}`;
}

/** The relay of a region, as a node's name. */
export function relayName(code: string): string {
  return `derp-${code}`;
}
