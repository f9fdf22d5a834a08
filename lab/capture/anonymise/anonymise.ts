import { rewritePieces } from "../pieces.ts";
import { Addresses } from "./addresses.ts";
import { DomainNames } from "./domain-names.ts";
import { Keys } from "./keys.ts";
import { Labels } from "./labels.ts";
import { namesIn } from "./learn-names.ts";
import { Names } from "./names.ts";

/** What a command printed. */
export interface Output {
  argv: readonly string[];
  text: string;
}

export interface Anonymiser {
  /** An output with placeholders, still readable by whatever reads that command. */
  output(text: string): string;
  machine(name: string): string;
}

/**
 * Replaces names (machines, users, domains and all in them, tags, groups), public addresses, keys and hardware
 * addresses by placeholders: the same everywhere, as all outputs of a capture are read first.
 */
export function anonymiserFor(
  outputs: readonly Output[],
  machines: readonly string[] = [],
): Anonymiser {
  const all = outputs.map(({ text }) => text.toLowerCase());
  const labels = new Labels((placeholder) => all.some((text) => text.includes(placeholder)));
  const addresses = new Addresses();
  const keys = new Keys();
  const domains = new DomainNames(labels, addresses);
  const names = new Names(labels, domains);
  const learnMachine = (name: string) => {
    names.learn("machine", name);
    domains.learnMachine(name);
  };
  for (const machine of machines) learnMachine(machine);
  for (const { argv, text } of outputs) {
    addresses.learn(text);
    keys.learn(text);
    const found = namesIn(text, argv);
    for (const machine of found.machines) learnMachine(machine);
    for (const user of found.users) {
      const [local = "", domain] = user.split("@");
      names.learn("user", local);
      if (domain !== undefined) domains.learn(domain);
    }
    for (const relay of found.relays) names.learn("relay", relay);
    for (const domain of found.domains) domains.learn(domain);
  }
  const rewriteNumbers = (text: string) => addresses.rewrite(keys.rewrite(text));
  return {
    output: (text) => rewritePieces(text, (piece) => rewriteNumbers(names.rewrite(piece))),
    machine: (name) => rewriteNumbers(names.rewrite({ kind: "value", under: "name", text: name })),
  };
}
