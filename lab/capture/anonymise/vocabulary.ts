/**
 * Words that programs print by themselves: a machine or a user of such a name keeps it in running text, where it
 * tells nobody anything, and loses it where only a name can stand.
 */
export const programWords = new Set(
  `accept admin any auth client cloud comment commit completed conntrack control daemon debian default derp direct
  dns docker down drop error exit filter forward gateway generated group headscale health home host hosts http
  https info input internet inet invalid ip iptables ipv4 ipv6 kernel lab lan legacy limit linux lo local
  localhost log login machine main mangle map mark masquerade multiport name nat net netmap network nft node none
  not output peer ping policy postrouting prerouting private proxy public raw recent redirect reject relay remote
  removed return root route router running secret security self server service ssh stable state static status
  stopped stun system tag tagged tailnet tailscale tailscaled tcp test true false tun udp unknown up user users
  via wan warning web wg yes`.split(/\s+/),
);

/** Tailscale's, Headscale's and others' that any tailnet's outputs have. */
export const commonDomains = [
  "tailscale.com",
  "tailscale.io",
  "headscale.net",
  "github.com",
  "githubusercontent.com",
  "go.dev",
  "golang.org",
  "freedesktop.org",
  "kernel.org",
  "debian.org",
  "ubuntu.com",
];

/** The ends of names that say what kind of name it is, and not whose: they stay. */
export const topLevel = new Set(
  `ai app arpa at au be biz br ca ch cloud cn co com corp cz de dev dk edu es eu example fi fr gov gr home hu ie in
  info int internal intranet invalid io it jp lab lan localdomain local localhost me mil net nl no nz org
  pl private pt ro ru se test tv uk us xyz`.split(/\s+/),
);
