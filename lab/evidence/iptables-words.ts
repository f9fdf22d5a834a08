/** An option of a rule with its values: `! --dports 80,443`. */
export interface Option {
  name: string;
  isNegated: boolean;
  values: string[];
}

/** What a rule consists of, as iptables-save prints it. */
export interface RuleParts {
  /** `-s`, `-i`, `-p` and such. */
  general: Option[];
  /** By extension: `-m tcp` with `--dport`. */
  modules: { name: string; options: Option[] }[];
  target: { name: string; isGoto: boolean; options: Option[] } | undefined;
}

const longNames: Record<string, string> = {
  "--source": "-s",
  "--src": "-s",
  "--destination": "-d",
  "--dst": "-d",
  "--in-interface": "-i",
  "--out-interface": "-o",
  "--protocol": "-p",
  "--fragment": "-f",
  "--match": "-m",
  "--jump": "-j",
  "--goto": "-g",
  "--source-port": "--sport",
  "--destination-port": "--dport",
  "--source-ports": "--sports",
  "--destination-ports": "--dports",
};

export function nameOf(option: string): string {
  return longNames[option] ?? option;
}

/** Names that mean something else than an option of the extension before them. */
const generalNames = ["-s", "-d", "-i", "-o", "-p", "-f", "-4", "-6"];

export function partsOf(words: string): RuleParts {
  const parts: RuleParts = { general: [], modules: [], target: undefined };
  for (const option of optionsIn(words)) {
    const name = nameOf(option.name);
    const [value = ""] = option.values;
    if (name === "-m") parts.modules.push({ name: value, options: [] });
    else if (name === "-j" || name === "-g") {
      parts.target = { name: value, isGoto: name === "-g", options: [] };
    } else if (parts.target !== undefined) parts.target.options.push(option);
    else if (generalNames.includes(name)) parts.general.push(option);
    else {
      // Typed by hand, `-p tcp --dport 22` stands for `-p tcp -m tcp --dport 22`.
      const protocol = parts.general.find((each) => nameOf(each.name) === "-p")?.values[0] ?? "";
      if (parts.modules.length === 0) parts.modules.push({ name: protocol, options: [] });
      parts.modules.at(-1)?.options.push(option);
    }
  }
  return parts;
}

/** A word in quotes, in which `\` may stand before any character, or one without. */
const token = /"((?:[^"\\]|\\.)*)"|(\S+)/g;

function optionsIn(words: string): Option[] {
  const options: Option[] = [];
  const tokens = [...words.matchAll(token)];
  const isName = (index: number) => /^-[^\d]/.test(tokens[index]?.[2] ?? "");
  let isNegated = false;
  for (const [index, [, quoted, plain = ""]] of tokens.entries()) {
    const last = options.at(-1);
    if (plain === "!") {
      // Before 1.4.3 it stood between an option and its value.
      if (isName(index + 1) || last === undefined) isNegated = true;
      else last.isNegated = true;
    } else if (isName(index)) {
      options.push({ name: plain, isNegated, values: [] });
      isNegated = false;
    } else last?.values.push(quoted?.replace(/\\(.)/g, "$1") ?? plain);
  }
  return options;
}
