import { applyEdits, modify } from "jsonc-parser";

/** Another value at a path of HuJSON, whose comments stay; undefined takes it away. */
export function edit(text: string, path: (string | number)[], value: unknown): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  return applyEdits(text, modify(text, path, value, { formattingOptions }));
}
