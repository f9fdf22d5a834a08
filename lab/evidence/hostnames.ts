/** A name as Tailscale makes a DNS label of it: `Kate's iPhone` is `kates-iphone`. */
export function dnsLabel(name: string): string {
  const label = name
    .toLowerCase()
    .replace(/[\s_.]+/g, "-")
    .replace(/[^a-z0-9-]/g, "")
    .replace(/^-+|-+$/g, "");
  return label === "" ? name.toLowerCase() : label;
}

/** Control tells machines that call themselves alike apart by a number, or by eight random characters. */
export function distinguished(label: string): [name: string, suffix: string] | undefined {
  const [, name, suffix] = /^(.+)-(\d+|[a-z0-9]{8})$/.exec(label) ?? [];
  if (name === undefined || suffix === undefined) return undefined;
  return suffix.length === 8 && !/\d/.test(suffix) ? undefined : [name, suffix];
}

/**
 * Whether control has made a node's name in MagicDNS of what the node calls itself. Phones call themselves `localhost`
 * and are named otherwise, as is what somebody has renamed.
 */
export function isNamedAfter(label: string, hostname: string): boolean {
  const own = dnsLabel(hostname);
  return label === own || distinguished(label)?.[0] === own;
}
