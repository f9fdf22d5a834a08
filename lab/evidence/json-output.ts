/** A line with which JSON of these programs begins: an object, a list of objects, or an empty one. */
const firstLine = /^(?:\{|\[\s*(?:$|[{\]])|null\s*$)/m;

/**
 * The JSON in an output, without the lines that were kept with it: a warning about versions, a shell's prompt. Else what
 * is wrong with it, in a few words.
 */
export function jsonIn(text: string): { output: string } | { problem: string } {
  const start = firstLine.exec(text)?.index;
  if (start === undefined) return { problem: "it is no JSON" };
  const rest = text.slice(start);
  const toItsLastLine = rest.replace(/^([}\]]).*[\s\S]*/m, "$1");
  const ofOneLine = rest.split("\n", 1)[0] ?? "";
  const output = [rest, toItsLastLine, ofOneLine].find(isJson);
  return output === undefined ? { problem: "it is cut off, or its JSON is damaged" } : { output };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
