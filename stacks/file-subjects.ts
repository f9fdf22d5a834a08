/** What the files of containers are about, by their paths. */
const subjects: [RegExp, string][] = [
  [/\/policy[^/]*\.hujson$/, "policy"],
  [/\/users(\.json)?$/, "users"],
  [/\/(members|nodes(\.json)?)$/, "nodes and their keys"],
  [/\/dns-records\.json$/, "DNS records"],
  [/\/(relays|derp\.yaml)$/, "relays"],
  [/\/config\.yaml$/, "Headscale's configuration"],
  [/\/neighbours(-[^/]+)?$/, "neighbours"],
  [/\/hosts$/, "names on the internet"],
  [/\/nftables\.conf$/, "NAT rules"],
  [/\/nginx\.conf$/, "HTTP services"],
  [/\/dnsmasq-[^/]+\.conf$/, "DNS records"],
];

/** The subjects of files, each once, in the order of the paths; of a file of which nothing is known, its path. */
export function subjectsOf(paths: readonly string[]): string[] {
  const named = paths.map((path) => subjects.find(([pattern]) => pattern.test(path))?.[1] ?? path);
  return [...new Set(named)];
}
