import { rewritePieces } from "./pieces.ts";

/** What names something secret: a variable, a header, a parameter, a key of JSON or YAML. */
const secretName = String.raw`[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|cookie|credential|session[_-]?id|auth[_-]?(?:key|id)|api[_-]?key|access[_-]?key|private[_-]?key|shared[_-]?key|registration[_-]?key)[\w.-]*`;
const value = String.raw`[^\s"',;&)}\]]+`;

/** The first group stays, the second is a secret. */
const patterns: readonly RegExp[] = [
  /(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)([\s\S]+?)(?=-----END|$)/g,
  // Of Tailscale: keys for joining and for the API. Of Headscale: these, registrations and requests for one.
  /(^|[^A-Za-z0-9])((?:tskey|hskey)-[\w*-]+)/gi,
  // All zeros stand for a key that was left out.
  /(\b(?:privkey|nlpriv):)((?!0+\b)[0-9a-f]{16,})/gi,
  // Headscale's before 0.28: of the API, and for joining.
  /((?:^|[^\w.-]))([\w-]{7,12}\.[\w-]{32,64})(?![\w.-])/g,
  /((?:^|[^\w]))([0-9a-f]{48})(?!\w)/gi,
  // Tokens that can be told by their form: JSON Web Tokens, GitHub, GitLab, Slack, AWS, npm, OpenAI.
  /((?:^|[^\w.-]))(eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?)/g,
  /((?:^|[^\w]))((?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|npm_|sk-)[\w-]{10,}|A[KS]IA[0-9A-Z]{16})/g,
  // user:password@ of a URL, and what may be a token before the @.
  /(\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/:@"'<>]*:)?)([^\s/"'<>]+)(?=@)/gi,
  // A link by which whoever opens it logs a machine in.
  /(\bhttps?:\/\/[^\s"'/]+\/(?:a|register|auth)\/)([^\s"'?#]+)/gi,
  /([?&](?:code|state|sig|signature|auth|key)=)([^\s"'&#]+)/gi,
  /(\bauthorization"?\s*[:=]\s*"?(?:(?:basic|bearer|digest)\s+)?)([^"'\r\n]+)/gi,
  /(\b(?:bearer|basic)\s+)([\w.~+/-]{16,}=*)/gi,
  /(\b(?:set-)?cookie2?\s*:\s*)([^\r\n]+)/gi,
  // NAME=VALUE and --name VALUE.
  new RegExp(`((?:^|[^\\w-])${secretName}\\s?=\\s?["']?)(${value})`, "gi"),
  /(\b[A-Z][A-Z0-9_]*_(?:KEY|PASS|PWD|PSK)=["']?)([^\s"']+)/g,
  new RegExp(`(--${secretName}\\s+["']?)(${value})`, "gi"),
  // Name: value, at the beginning of a line or, where the name can't be a word of a sentence, anywhere.
  new RegExp(`(^[\\s>#-]*"?${secretName}"?\\s*:\\s*"?)(${value})`, "gim"),
  new RegExp(`((?=[\\w.-]*[_-])${secretName}"?\\s*:\\s*"?)(${value})`, "gi"),
  new RegExp(`("${secretName}"\\s*:\\s*")([^"]+)`, "gi"),
];

const secretKey = new RegExp(`^(?:${secretName}|authorization)$`, "i");

/**
 * Takes all secrets out of an output: private keys, keys for joining, tokens, cookies, passwords. Each becomes
 * `removed-secret-N`, the same where it is the same, which also fits where a name of a machine is expected.
 */
export function secretRemover(): (text: string) => string {
  const placeholders = new Map<string, string>();
  const remove = (secret: string) => {
    if (/^removed-secret-\d+$/.test(secret)) return secret;
    const known = secret.toLowerCase();
    const placeholder = placeholders.get(known) ?? `removed-secret-${placeholders.size + 1}`;
    placeholders.set(known, placeholder);
    return placeholder;
  };
  const removeFrom = (text: string) =>
    patterns.reduce(
      (all, pattern) =>
        all.replace(pattern, (_match, kept: string, secret: string) => kept + remove(secret)),
      text,
    );
  return (text) =>
    rewritePieces(text, (piece) => {
      const clean = removeFrom(piece.text);
      const isSecret = piece.kind === "value" && secretKey.test(piece.under) && isTold(clean);
      return isSecret && clean === piece.text ? remove(clean) : clean;
    });
}

/** Not what says that there is none, and not a key that is all zeros. */
function isTold(text: string): boolean {
  return text !== "" && !/^(?:[a-z]+:)?0*$/.test(text);
}
