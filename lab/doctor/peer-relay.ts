/** A node by which two others reach each other that have no direct path: `where` is one that both can send to. */
export function peerRelay(where: string): string[] {
  return [
    `on ${where}, into which its network lets UDP 40000: tailscale set --relay-server-port=40000`,
    'in the policy, with its tag or address as RELAY: add { "src": ["*"], "dst": ["RELAY"], "app": { "tailscale.com/cap/relay": [] } } to "grants"',
  ];
}
