import { isIP } from "node:net";
import { addressText, contains, overlaps, type Prefix, prefix } from "../../topology/prefix.ts";
import { kindOf } from "./kinds-of-address.ts";

/** Of RFC 5737, for single addresses; where they are used up, RFC 2544's second half. */
const single = ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "198.19.0.0/16"].map(prefix);
/** RFC 2544's, for whole prefixes. */
const benchmark = prefix("198.18.0.0/15");

/** Finds addresses and prefixes; a time of day or a version looks like neither. */
const v4 = String.raw`\d{1,3}(?:\.\d{1,3}){3}`;
const addressPattern = new RegExp(
  String.raw`(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:${v4}|[0-9a-f]{1,4})?(?:\/\d{1,3})?(?![\w:]|\.\d)` +
    String.raw`|(?<![\w.])${v4}(?:\/\d{1,2})?(?!\w|\.\d|\.in-addr)`,
  "gi",
);

/**
 * Stable placeholders of the same kind for public addresses: documentation's and benchmarks' ranges for IPv4,
 * 2001:db8::/32 for IPv6. What is within a prefix stays within its placeholder. Private, shared and tailnet
 * addresses stay: they mean nothing elsewhere, and causes are about just these.
 */
export class Addresses {
  private readonly originals = { single: new Set<bigint>(), prefixes: new Map<string, Prefix>() };
  private readonly blocks: { from: Prefix; to: Prefix }[] = [];
  private readonly placeholders = new Map<string, string>();
  private readonly numbers = new Map<string, Map<bigint, bigint>>();
  private nextSingle = 0n;

  /** All outputs are read before the first is rewritten, so that no placeholder is anyone's address. */
  learn(text: string): void {
    for (const [found] of text.matchAll(addressPattern)) this.note(found);
  }

  /** Of an interface, where the length stands elsewhere than beside the address. */
  note(found: string): void {
    const address = read(found);
    if (address === undefined || kindOf(address) !== "public" || address.version !== 4) return;
    if (address.length === 32) this.originals.single.add(address.written);
    else this.originals.prefixes.set(`${address.first}/${address.length}`, address);
  }

  /** Of a text, each address and prefix in it. */
  rewrite(text: string): string {
    return text.replace(addressPattern, (found) => this.placeholder(found));
  }

  private placeholder(found: string): string {
    const address = read(found);
    if (address === undefined) return found;
    const kind = kindOf(address);
    if (kind === "kept") return embedded(found, (inner) => this.placeholder(inner));
    const known = this.placeholders.get(found.toLowerCase());
    if (known !== undefined) return known;
    const made = address.version === 4 ? this.ofVersion4(address) : this.ofVersion6(address, kind);
    const text = found.includes("/") ? `${made.text}/${made.length}` : made.text;
    this.placeholders.set(found.toLowerCase(), text);
    return text;
  }

  private ofVersion4(address: Prefix): { text: string; length: number } {
    if (address.length < 16) return { text: "198.18.0.0", length: 15 };
    const block = this.blockAround(address);
    if (block === undefined) return { text: this.singleFor(address), length: address.length };
    const text = addressText(4, block.to.first + (address.written - block.from.first));
    return { text, length: address.length };
  }

  /** The placeholder of the widest prefix seen around an address. */
  private blockAround(address: Prefix): { from: Prefix; to: Prefix } | undefined {
    const known = this.blocks.find(({ from }) => contains(from, address));
    if (known !== undefined) return known;
    const [from] = [...this.originals.prefixes.values()]
      .filter((around) => around.length >= 16 && contains(around, address))
      .sort((a, b) => a.length - b.length);
    if (from === undefined) return undefined;
    const block = { from, to: this.freeBlock(from.length) };
    this.blocks.push(block);
    return block;
  }

  private freeBlock(length: number): Prefix {
    const size = 1n << BigInt(32 - length);
    for (let first = benchmark.first; first < benchmark.last; first += size) {
      const to = prefix(`${addressText(4, first)}/${length}`);
      const isOriginal = [...this.originals.single].some(
        (one) => to.first <= one && one <= to.last,
      );
      if (!isOriginal && !this.isTaken(to)) return to;
    }
    // More public networks than the range holds: two of them share a placeholder.
    return prefix(`${addressText(4, benchmark.first)}/${length}`);
  }

  private singleFor(address: Prefix): string {
    const known = this.placeholders.get(addressText(4, address.written));
    if (known !== undefined) return known;
    for (;;) {
      this.nextSingle += 1n;
      const text = nth(this.nextSingle);
      const candidate = prefix(text);
      if (this.originals.single.has(candidate.first) || this.isTaken(candidate)) continue;
      this.placeholders.set(addressText(4, address.written), text);
      return text;
    }
  }

  private isTaken(candidate: Prefix): boolean {
    const others = [...this.blocks.map(({ to }) => to), ...this.originals.prefixes.values()];
    return others.some((other) => overlaps(other, candidate));
  }

  /** Site, subnet and interface, each numbered by itself; a site's subnets keep their 16 bits. */
  private ofVersion6(address: Prefix, kind: "public" | "link-local" | "unique-local") {
    const { written } = address;
    const number = (part: string, value: bigint) => this.number(part, value);
    const interfaceId = number("interface", written & 0xffff_ffff_ffff_ffffn);
    if (kind === "link-local") {
      return { text: addressText(6, (0xfe80n << 112n) | interfaceId), length: address.length };
    }
    const subnet = (written >> 64n) & 0xffffn;
    const site = number(kind, written >> 80n);
    const start = kind === "public" ? 0x2001_0db8n << 16n : 0xfd00_0000n << 16n;
    if (address.length < 48) return { text: addressText(6, start << 80n), length: 32 };
    const text = addressText(6, ((start | site) << 80n) | (subnet << 64n) | interfaceId);
    return { text, length: address.length };
  }

  /** Zero stays zero: it is a network's own. */
  private number(part: string, value: bigint): bigint {
    if (value === 0n) return 0n;
    const numbers = this.numbers.get(part) ?? new Map<bigint, bigint>();
    this.numbers.set(part, numbers);
    const given = numbers.get(value) ?? BigInt(numbers.size + 1);
    numbers.set(value, given);
    return given;
  }
}

function read(text: string): Prefix | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  if (length !== undefined && Number(length) > (version === 4 ? 32 : 128)) return undefined;
  return prefix(text);
}

/** `::ffff:192.0.2.1` has an IPv4 address in it. */
function embedded(text: string, rewrite: (inner: string) => string): string {
  return text.replace(/(?<=:)\d{1,3}(?:\.\d{1,3}){3}/, rewrite);
}

/** The n-th address for hosts of the ranges for single addresses. */
function nth(n: bigint): string {
  let left = n;
  for (const range of single) {
    const hosts = range.last - range.first - 1n;
    if (left <= hosts) return addressText(4, range.first + left);
    left -= hosts;
  }
  return addressText(4, benchmark.last - (left % 65_000n) - 1n);
}
