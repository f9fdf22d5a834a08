/** The largest packet in the tunnel that fits into a link's: 60 bytes of headers, and WireGuard fills up to 16. */
export function withinTunnel(linkBytes: number): number {
  return Math.floor((linkBytes - 60) / 16) * 16;
}

/** Tells both ends of TCP, which ask for no larger packets then; 60 bytes are the headers of TCP and IPv6. */
export function clamping(packetBytes: number): string {
  const rule = (hook: string, device: string) =>
    `chain ${hook} { type filter hook ${hook} priority mangle; ${device} tailscale0 tcp flags syn tcp option maxseg size set ${packetBytes - 60}; }`;
  return `nft 'table inet clamp { ${rule("output", "oifname")}; ${rule("input", "iifname")}; }'`;
}
