/** A word for the shell, quoted where it needs it. */
export function quote(word: string): string {
  return /^[\w.:/@=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
