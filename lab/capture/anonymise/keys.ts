import { createHash } from "node:crypto";

/** nodekey:, discokey:, mkey:, nlpub: and the like; ids of 64 digits, such as of a machine's log. */
const keyPattern = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/gi;
/** A key as logs shorten it: the beginning of its base64. */
const shortPattern = /\[[A-Za-z0-9+/]{5}\]/g;
const uuidPattern = /(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/gi;
const stableIdPattern = /(?<!\w)n[A-Za-z0-9]{6,20}CNTRL(?!\w)/g;
const sshKeyPattern =
  /(?<=\b(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+) )[A-Za-z0-9+/]{20,}=*/g;
const hardwarePattern = /(?<![\w:])[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?![\w:])/gi;

/** Stable placeholders of the same form for public keys, ids and hardware addresses. */
export class Keys {
  private readonly numbers = new Map<string, Map<string, number>>();
  private readonly short = new Map<string, string>();

  /** The short forms of all keys must be known before the first log is rewritten. */
  learn(text: string): void {
    for (const [key] of text.matchAll(keyPattern)) {
      this.short.set(shortened(key), shortened(this.key(key)));
    }
  }

  rewrite(text: string): string {
    return text
      .replace(keyPattern, (key) => this.key(key))
      .replace(shortPattern, (key) => this.short.get(key) ?? key)
      .replace(
        uuidPattern,
        (id) => `00000000-0000-4000-8000-${padded(this.number("uuid", id), 12)}`,
      )
      .replace(stableIdPattern, (id) => `n${padded(this.number("node", id), 11)}CNTRL`)
      .replace(sshKeyPattern, (key) => digest("ssh", this.number("ssh", key), "base64"))
      .replace(hardwarePattern, (address) => this.hardware(address));
  }

  private key(key: string): string {
    return /^0+$/.test(key) ? key : digest("key", this.number("key", key), "hex");
  }

  /** Locally administered. Broadcast, multicast and none stay. */
  private hardware(address: string): string {
    const isGroup = (Number.parseInt(address.slice(0, 2), 16) & 1) === 1;
    if (isGroup || /^[0:]+$/.test(address)) return address;
    const digits = this.number("hardware", address).toString(16).padStart(10, "0");
    return `02:${digits.match(/../g)?.join(":")}`;
  }

  private number(kind: string, original: string): number {
    const numbers = this.numbers.get(kind) ?? new Map<string, number>();
    this.numbers.set(kind, numbers);
    const key = kind === "ssh" || kind === "node" ? original : original.toLowerCase();
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    return number;
  }
}

function shortened(key: string): string {
  return `[${Buffer.from(key, "hex").toString("base64").slice(0, 5)}]`;
}

/** Of the number alone, so that nothing of the original is in it. */
function digest(kind: string, number: number, encoding: "hex" | "base64"): string {
  return createHash("sha256").update(`placeholder ${kind} ${number}`).digest(encoding);
}

function padded(number: number, length: number): string {
  return String(number).padStart(length, "0");
}
