import type { Addresses } from "./addresses.ts";
import type { LabelKind, Labels } from "./labels.ts";
import { commonDomains, topLevel } from "./vocabulary.ts";

/** Two labels at least, the last of them no number; perhaps somebody's address at it. */
const candidates =
  /(?:(?<![\w.+-])([\w.+-]+)@)?(?<![\w-])((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z][a-z0-9-]*)(?![\w-])/gi;

/** DNS names, label by label: what is in a domain stays in its placeholder. */
export class DomainNames {
  private readonly labels: Labels;
  private readonly addresses: Addresses;
  private readonly domains = new Set<string>();
  private readonly machines = new Set<string>();

  constructor(labels: Labels, addresses: Addresses) {
    this.labels = labels;
    this.addresses = addresses;
  }

  /** A domain whose names are to be known as names wherever they stand. */
  learn(domain: string): void {
    const name = domain.toLowerCase().replace(/\.$/, "");
    if (name !== "" && !isCommon(name)) this.domains.add(name);
  }

  learnMachine(label: string): void {
    this.machines.add(label.toLowerCase());
  }

  /** Of a text, each name in it, and users by their addresses. */
  rewrite(text: string): string {
    return text.replace(candidates, (found, user: string | undefined, name: string) => {
      if (!this.isName(name)) return found;
      const written = this.placeholder(name);
      return user === undefined ? written : `${this.labels.placeholder("user", user)}@${written}`;
    });
  }

  /** Of one name, with or without the dot at its end. */
  placeholder(name: string): string {
    // What a relay answers to the check for captive portals: `ts_` and its own name.
    if (name.startsWith("ts_")) return `ts_${this.placeholder(name.slice(3))}`;
    const labels = name.replace(/\.$/, "").split(".");
    const dot = name.endsWith(".") ? "." : "";
    const lower = labels.map((label) => label.toLowerCase());
    if (isCommon(lower.join("."))) return name;
    if (lower.at(-1) === "arpa") return `${this.reverse(lower)}${dot}`;
    const kept = lower.at(-1) === "net" && lower.at(-2) === "ts" ? 2 : 1;
    const written = lower.map((label, index) => {
      const isEnd = index >= lower.length - kept;
      return (isEnd && topLevel.has(label)) || (isEnd && kept === 2) || label.startsWith("_")
        ? label
        : this.labels.placeholder(this.kindOf(label), label);
    });
    return `${written.join(".")}${dot}`;
  }

  private kindOf(label: string): LabelKind {
    return this.machines.has(label) ? "machine" : "name";
  }

  private isName(name: string): boolean {
    const labels = name.toLowerCase().split(".");
    if (isCommon(labels.join("."))) return false;
    if (topLevel.has(labels.at(-1) ?? "")) return true;
    return labels.some((_label, index) => this.domains.has(labels.slice(index).join(".")));
  }

  /** The name of an address, backwards: 189.113.0.203.in-addr.arpa. */
  private reverse(labels: readonly string[]): string {
    const digits = labels.slice(0, -2);
    if (labels.at(-2) === "in-addr" && digits.length >= 3) {
      const octets = [...digits].reverse();
      const address = this.addresses.rewrite([...octets, "0"].slice(0, 4).join("."));
      const written = address.split(".").slice(0, digits.length).reverse();
      return [...written, ...labels.slice(-2)].join(".");
    }
    if (labels.at(-2) === "ip6" && digits.length === 32) {
      const address = [...digits].reverse().join("").match(/.{4}/g)?.join(":") ?? "";
      const written = nibbles(this.addresses.rewrite(address));
      return [...written.reverse(), ...labels.slice(-2)].join(".");
    }
    return labels.join(".");
  }
}

function nibbles(address: string): string[] {
  const [before = "", after] = address.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [head, tail] = [groups(before), groups(after ?? "")];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return [...head, ...zeros, ...tail].flatMap((group) => [...group.padStart(4, "0")]);
}

function isCommon(name: string): boolean {
  return commonDomains.some((domain) => name === domain || name.endsWith(`.${domain}`));
}
