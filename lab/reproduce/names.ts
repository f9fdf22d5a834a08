import { labelPattern } from "../topology/label.ts";
import { isReservedName } from "../topology/reserved.ts";

/** Gives out names that a topology takes, each once. */
export class ValidNames {
  private readonly taken = new Set<string>();
  private readonly given = new Map<string, string>();

  /** The same for the same name. */
  of(original: string): string {
    const name = this.given.get(original) ?? this.another(original);
    this.given.set(original, name);
    return name;
  }

  /** Another one each time, also for the same name. */
  another(original: string): string {
    const label = validLabel(original);
    const first = isReservedName(label) ? validLabel(`node-${label}`) : label;
    let name = first;
    for (let number = 2; this.taken.has(name); number += 1) {
      name = validLabel(`${first.slice(0, 28)}-${number}`);
    }
    this.taken.add(name);
    return name;
  }
}

/** A name as a label that Docker's names have room for. */
export function validLabel(original: string): string {
  const label = original
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 32)
    .replace(/^-+|-+$/g, "");
  return labelPattern.test(label) ? label : "unnamed";
}

/** Whose something is in evidence, `alice@example.com` or `alice`, and what the lab calls them. */
export type UserNames = (original: string) => string;

/** Users by the names that a lab's control knows them by, without a domain: of two that differ in it alone, one keeps it. */
export function userNames(originals: readonly string[]): UserNames {
  const domains = new Map<string, string[]>();
  for (const [local, domain] of originals.map(partsOf)) {
    const known = domains.get(local) ?? [];
    if (domain !== "" && !known.includes(domain)) domains.set(local, [...known, domain]);
  }
  return (original) => {
    const [local, domain] = partsOf(original);
    const isAnother = (domains.get(local) ?? []).indexOf(domain) > 0;
    return validUser(isAnother ? `${local}-${domain}` : local);
  };
}

function partsOf(user: string): [local: string, domain: string] {
  const [local = "", domain = ""] = user.toLowerCase().split("@");
  return [local, domain];
}

function validUser(original: string): string {
  const user = original.replace(/[^a-z0-9._-]+/g, "-");
  return /^[a-z]/.test(user) ? user : `user-${user}`;
}
