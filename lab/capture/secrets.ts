import { rewritePieces } from "./pieces.ts";

/**
 * What names something secret: a variable, a header, a parameter, a key of JSON or YAML. What may stand before the word is
 * bounded, as it is looked for from each letter of a long token. Where one is kept is no secret.
 */
const secretWord = String.raw`[\w.-]{0,64}(?:passw(?:or)?d|passphrase|secret|token|cookie|credential|session[_-]?id|auth[_-]?(?:key|id)|api[_-]?key|access[_-]?key|private[_-]?key|shared[_-]?key|registration[_-]?key)[\w.-]*(?<![_-](?:path|file|dir))`;
/** These are said of nothing else. */
const passwordWord = "(?:pwd?|psk|passwort|kennwort)";
const secretName = String.raw`(?:${secretWord}|(?:[\w.-]{0,64}[_.-])?(?:pass|${passwordWord}))`;
/** As somebody notes it down, with a blank or nothing before the value. */
const notedName = `(?:pass(?:word|wd|phrase|code)?|${passwordWord}|token|secret|cookie|(?:api|auth|access|private|(?:pre-?)?shared)[ _-]?key|wpa[_-](?:psk|passphrase))`;
/** Within quotes, what is between them. */
const value = String.raw`(?<=")[^"\r\n]+|(?<=')[^'\r\n]+|[^\s"',;&)}\]]+`;
/** No word of a sentence: letters with digits, or so long. */
const odd = String.raw`(?=[^\s"']*\d)(?=[^\s"']*[a-z])[^\s"'=:,;]{6,}|[^\s"'=:,;]{20,}`;

/** No word, name, date or address: both cases with digits, as in base64, or long hexadecimal. A prefix tells public keys. */
const opaque = String.raw`(?=[^\s"']*\d)(?=[^\s"']*[a-z])(?=[^\s"']*[A-Z])[\w+/-]{16,}={0,2}(?![\w:.=])|[0-9a-f]{32,}(?![\w:.-])`;

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
  // Tokens that can be told by their form: JSON Web Tokens, GitHub, GitLab, Slack, AWS, npm, OpenAI, Stripe, Google, age.
  /((?:^|[^\w.-]))(eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?)/g,
  /((?:^|[^\w]))((?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|npm_|sk-|[sr]k_(?:live|test)_|AIza|hf_|dop_v1_|SG\.|ya29\.)[\w.-]{10,}|A[KS]IA[0-9A-Z]{16}|AGE-SECRET-KEY-1[0-9A-Z]+)/g,
  // Passwords as crypt(3) keeps them, a bot's token of Telegram.
  /((?:^|[^\w$]))(\$(?:2[aby]|[156y])\$[\w./$]{20,})/g,
  /(\b(?:bot)?)(\d{6,}:[\w-]{24,})(?![\w-])/g,
  // user:password@ of a URL, and what may be a token before the @.
  /(\b[a-z][a-z0-9+.-]{0,20}:\/\/(?:[^\s/:@"'<>]*:)?)([^\s/"'<>]+)(?=@)/gi,
  /(\s(?:-u|--user|--proxy-user)[\s=]+["']?[^\s:"']+:)([^\s"']+)/g,
  // A link by which whoever has it writes into a channel.
  /(\bhttps:\/\/(?:discord(?:app)?\.com\/api\/webhooks|hooks\.[\w.-]+)\/)([^\s"']+)/gi,
  // Whose account a resolver is asked for: of DNS over HTTPS in the path, of others in the name.
  /(\bhttps:\/\/(?:dns\.nextdns\.io|dns\.controld\.com|[^\s"'/]+\/dns-query)\/)([^\s"'?#/]+)/gi,
  /((?:^|[^\w.-]))([\w-]+)(?=\.(?:dns\.nextdns\.io|dns\.controld\.com|d\.adguard-dns\.com|cloudflare-gateway\.com)\b)/gi,
  // A link by which whoever opens it logs a machine in.
  /(\bhttps?:\/\/[^\s"'/]+\/(?:a|register|auth)\/)([^\s"'?#]+)/gi,
  /([?&](?:code|state|sig|signature|auth|key)=)([^\s"'&#]+)/gi,
  /(\bauthorization"?\s*[:=]\s*"?(?:(?:basic|bearer|digest)\s+)?)([^"'\r\n]+)/gi,
  /(\b(?:bearer|basic)\s+)([\w.~+/-]{16,}=*)/gi,
  /(\b(?:set-)?cookie2?\s*:\s*)([^\r\n]+)/gi,
  /((?:\bsshpass\s+-p\s*|\s--(?:key|auth-id)[\s=]+)["']?)([^\s"']+)/gi,
  // A key that is named no closer, and not as public.
  new RegExp(
    `((?<!(?:[Pp]ub(?:lic)?|[Nn]ode|[Mm]achine|[Dd]isco|[Hh]ost|[Pp]eer)[ _.-]|[A-Za-z])(?:[Kk]ey|KEY)(?:\\s+is|\\s?[:=])\\s*["']?)(${opaque})`,
    "g",
  ),
  /(\b(?:mysql\w*|mariadb[\w-]*)\b[^\r\n|;&]*?\s-p["']?)([^\s"'|;&]+)/g,
  // As /etc/network/interfaces has it, and the command that makes it of a word.
  /(^[\s>#/*-]*wpa-psk[ \t]+["']?)([^\s"'][^\r\n"']*)/gim,
  /(\bwpa-psk[ \t]+["']?)([^\s"',;.]+)(?=["']?[ \t]*(?:$|[,;.]))/gm,
  /(\bwpa_passphrase[ \t]+[^\s"']+[ \t]+["']?)([^\s"']{8,63})/g,
  // Noted down: with a value that is no word, or as all that a line says.
  new RegExp(`(\\b${notedName}(?:\\s+(?:is|was)|\\s?[:=])?\\s+["']?)(${odd})`, "gi"),
  new RegExp(`(^[\\s>#/*-]*${notedName}[ \\t]+["']?)([^\\s"':=]+)(?=["']?[ \\t]*$)`, "gim"),
  new RegExp(`(\\b${passwordWord}\\s?[:=]\\s?["']?)(${value})`, "gi"),
  // NAME=VALUE and --name VALUE.
  new RegExp(`((?:^|[^\\w-])${secretName}\\s?=\\s?["']?)(${value})`, "gi"),
  /(\b[A-Z][A-Z0-9_]*_(?:KEY|PASS|PWD|PSK)=["']?)([^\s"']+)/g,
  new RegExp(`(--${secretName}\\s+["']?)(${value})`, "gi"),
  // Name: value, at the beginning of a line or, where the name can't be a word of a sentence, anywhere.
  new RegExp(`(^[\\s>#/*-]*["']?${secretName}["']?[ \\t]*:[ \\t]*["']?)(${value})`, "gim"),
  new RegExp(`((?=[\\w.-]{0,64}[_-])${secretName}["']?[ \\t]*:[ \\t]*["']?)(${value})`, "gi"),
  new RegExp(`("${secretName}"\\s*:\\s*")([^"]+)`, "gi"),
];

/** YAML's value below its name: a block of text, a list, a word in the next line. */
const below = new RegExp(
  `^(([ \\t]*)(?:- +)?["']?${secretName}["']?[ \\t]*:[ \\t]*)(?:[|>][+\\-\\d]*)?[ \\t]*\\n((?:(?:\\2[ \\t]+.*)?\\n)*\\2[ \\t]+\\S.*)`,
  "gim",
);

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
      text.replace(
        below,
        (_match, kept: string, _indent: string, secret: string) => kept + remove(secret.trim()),
      ),
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
