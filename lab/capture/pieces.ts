/** A part of an output that is rewritten as a whole. */
export interface Piece {
  /** A JSON string, decoded, as a key or as a value; a comment of HuJSON; any other text. */
  kind: "key" | "value" | "comment" | "text";
  text: string;
  /** Of a value: the key before it, also of a list that it stands in. */
  under: string;
}

/** A string, perhaps cut off; a comment. */
const tokens = /("(?:[^"\\\n]|\\.)*"?)(\s*:)?|(\/\/.*|\/\*[\s\S]*?(?:\*\/|$))/g;
/** Between strings and comments JSON has nothing else to say. */
const punctuation = /^(?:[\s{}[\],:\d.eE+-]|true|false|null)*$/;

/**
 * Rewrites an output and leaves its format as it is: of JSON, also where it is cut off or has comments, only the
 * strings and comments; of other text all of it at once.
 */
export function rewritePieces(text: string, rewrite: (piece: Piece) => string): string {
  if (!isJsonLike(text)) return rewrite({ kind: "text", text, under: "" });
  let result = "";
  let end = 0;
  let under = "";
  const rest = (until: number) => {
    const between = text.slice(end, until);
    const isJson = punctuation.test(between);
    return isJson ? between : rewrite({ kind: "text", text: between, under: "" });
  };
  for (const match of text.matchAll(tokens)) {
    const [whole, string, colon, comment] = match;
    result += rest(match.index);
    end = match.index + whole.length;
    if (string === undefined) {
      result += rewrite({ kind: "comment", text: comment ?? "", under: "" });
      continue;
    }
    const value = decoded(string);
    const isKey = colon !== undefined;
    if (isKey) under = value;
    const written = rewrite({ kind: isKey ? "key" : "value", text: value, under });
    result += (written === value ? string : JSON.stringify(written)) + (colon ?? "");
  }
  return result + rest(text.length);
}

/** An object or a list, perhaps cut off, perhaps after comments. A log's line may begin with a bracket too. */
function isJsonLike(text: string): boolean {
  return /^(?:\s|\/\/.*\n|\/\*[\s\S]*?\*\/)*(?:\{\s*(?:["/}]|$)|\[\s*(?:["{[\]/]|$))/.test(text);
}

function decoded(string: string): string {
  try {
    return JSON.parse(string) as string;
  } catch {
    return string.replace(/^"|"$/g, "");
  }
}
