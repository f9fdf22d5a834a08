import { stripVTControlCharacters } from "node:util";

/**
 * The lines of a program's or the engine's output as plain text: without colours, cursor movements
 * and other control characters. Progress that is redrawn with carriage returns gives a line each time.
 */
export function plainLines(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/\p{Cc}+/gu, " ").trim())
    .filter((line) => line !== "");
}

/** An error's message as plain text. */
export function errorMessage(error: unknown): string {
  return plainLines(error instanceof Error ? error.message : String(error)).join("\n");
}
