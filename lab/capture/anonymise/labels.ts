import { distinguished, dnsLabel } from "../../evidence/hostnames.ts";

export type LabelKind = "machine" | "user" | "name" | "tag" | "group" | "relay";

/** Stable placeholders for names, each fit to be a DNS label: `machine-1`, `user-2`. */
export class Labels {
  private readonly given = new Map<string, string>();
  private readonly numbers = new Map<LabelKind, number>();
  private readonly isTaken: (placeholder: string) => boolean;

  /** `isTaken`: whether the outputs have a placeholder already, as somebody's name. */
  constructor(isTaken: (placeholder: string) => boolean) {
    this.isTaken = isTaken;
  }

  /** The same for the same name, whatever its case; machines and users share theirs with DNS's labels. */
  placeholder(kind: LabelKind, original: string): string {
    const key = keyOf(kind, original);
    const known = this.given.get(key) ?? this.ofTheSame(kind, original);
    if (known !== undefined) return known;
    let placeholder: string;
    do {
      const number = (this.numbers.get(kind) ?? 0) + 1;
      this.numbers.set(kind, number);
      placeholder = `${kind}-${number}`;
    } while (this.isTaken(placeholder));
    this.given.set(key, placeholder);
    return placeholder;
  }

  private ofTheSame(kind: LabelKind, original: string): string | undefined {
    const [name, suffix] = distinguished(dnsLabel(original)) ?? [];
    if (name === undefined) return undefined;
    const known = this.given.get(keyOf(kind, name));
    return known === undefined ? undefined : `${known}-${suffix}`;
  }
}

function keyOf(kind: LabelKind, original: string): string {
  return kind === "machine" || kind === "user" || kind === "name"
    ? dnsLabel(original)
    : `${kind}:${original.toLowerCase()}`;
}
