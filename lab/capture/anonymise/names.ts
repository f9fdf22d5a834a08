import { dnsLabel } from "../../evidence/hostnames.ts";
import type { Piece } from "../pieces.ts";
import type { DomainNames } from "./domain-names.ts";
import type { LabelKind, Labels } from "./labels.ts";
import { programWords } from "./vocabulary.ts";

/** Keys of JSON whose values are names, whatever word they are. */
const nameKeys =
  /^(?:HostName|Hostname|hostname|ComputedName|ComputedNameWithHost|name|given_name|LoginName|DisplayName|display_name|email|RegionCode|RegionName|Relay)$/;
const domainKeys =
  /^(?:DNSName|SelfDNSName|MagicDNSSuffix|Domains?|SearchDomains|MatchDomains|CertDomains|Name)$/;

/** What a text says before or after a name: logs, `tailscale ping`, `tailscale status`. */
const places = [
  /(\b(?:node|user)\.name=)([\w.-]+)/g,
  /(\bpong from )([\w.-]+)/g,
  /(^[ \t]*100(?:\.\d+){3}[ \t]+)([\w.-]+)/gm,
  /(\d\d:\d\d:\d\d )([\w-]+)(?= \S+?\[\d+\]:)/g,
  /(\bDERP\()([\w-]+)(?=\))/g,
  /(\bderp-)([\w-]+)/g,
] as const;

/** Where a word begins; logs write the end of a line as \\n. */
const start = String.raw`(?:(?<![\w-])|(?<=\\[nrt]))`;

/** Names without a domain: of machines, users and relays; tags and groups. */
export class Names {
  private readonly labels: Labels;
  private readonly domains: DomainNames;
  private readonly kinds = new Map<string, LabelKind>();
  /** As they were learned. */
  private readonly written = new Set<string>();
  private patterns: { wholeWords: RegExp; anywhere: RegExp } | undefined;

  constructor(labels: Labels, domains: DomainNames) {
    this.labels = labels;
    this.domains = domains;
  }

  learn(kind: LabelKind, name: string): void {
    this.written.add(name);
    for (const known of [name.toLowerCase(), dnsLabel(name)]) {
      if (known !== "" && !this.kinds.has(known)) this.kinds.set(known, kind);
    }
    this.patterns = undefined;
  }

  rewrite(piece: Piece): string {
    const { text, under } = piece;
    if (piece.kind === "comment") return "";
    // A key of the program's own: `Net` is none of a host that is called `net`.
    if (piece.kind === "key" && /^\w+$/.test(text) && !this.written.has(text)) return text;
    if (piece.kind === "value" && /^ProfilePicURL$|^profile_pic_url$/.test(under)) return "";
    if (piece.kind === "value" && domainKeys.test(under) && /^[\w-]+(?:\.[\w-]+)+\.?$/.test(text)) {
      return this.domains.placeholder(text);
    }
    const kind = this.kinds.get(text.toLowerCase());
    const isName = piece.kind === "value" ? nameKeys.test(under) : piece.kind === "key";
    if (kind !== undefined && isName && (piece.kind === "value" || !programWords.has(text))) {
      return this.labels.placeholder(kind, text);
    }
    return this.bare(this.domains.rewrite(this.marked(text)), piece.kind);
  }

  /** `tag:…`, `group:…` and a policy's `alice@`, which need no learning. */
  private marked(text: string): string {
    const named = text
      .replace(new RegExp(`${start}tag:([a-z][\\w-]*)`, "gi"), (_all, tag: string) => {
        return `tag:${this.labels.placeholder("tag", tag)}`;
      })
      .replace(new RegExp(`${start}group:([\\w.-]+)`, "g"), (_all, group: string) => {
        return `group:${this.labels.placeholder("group", group)}`;
      });
    return named.replace(
      /(\\[nrt]|(?<![\w.+-]))([a-z0-9][\w.+-]*)@(?![\w.-])/gi,
      (_all, before: string, user: string) => `${before}${this.labels.placeholder("user", user)}@`,
    );
  }

  private bare(text: string, kind: Piece["kind"]): string {
    let written = text;
    for (const place of places) {
      written = written.replace(place, (all, before: string, name: string) => {
        const known = this.kinds.get(name.toLowerCase());
        return known === undefined ? all : `${before}${this.labels.placeholder(known, name)}`;
      });
    }
    const words = [...this.kinds.keys()].filter((name) => !programWords.has(name));
    this.patterns ??= {
      wholeWords: anyOf(words, String.raw`\w-`),
      // Within others, as in the name of a file; not those that are too short to mean anybody.
      anywhere: anyOf(
        words.filter((name) => name.length > 2),
        "A-Za-z0-9",
      ),
    };
    const { wholeWords, anywhere } = this.patterns;
    const replace = (name: string) =>
      this.labels.placeholder(this.kinds.get(name.toLowerCase()) ?? "name", name);
    written = written.replace(wholeWords, replace);
    return kind === "key" ? written : written.replace(anywhere, replace);
  }
}

/** The longest first, as one may begin with another; `inWords` is what a name does not begin or end beside. */
function anyOf(names: readonly string[], inWords: string): RegExp {
  if (names.length === 0) return /(?!)/g;
  const sorted = [...names].sort((a, b) => b.length - a.length);
  const words = sorted.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  const before = String.raw`(?:(?<![${inWords}])|(?<=\\[nrt]))`;
  return new RegExp(`${before}(?:${words.join("|")})(?![${inWords}])`, "gi");
}
