import { mkdir, writeFile } from "node:fs/promises";
import { doctorPages } from "./pages.ts";

/** Writes docs/doctor/ from the catalogue: `npm run docs:doctor`. */
const folder = new URL("../../docs/doctor/", import.meta.url);
await mkdir(folder, { recursive: true });
await Promise.all(doctorPages().map(({ file, text }) => writeFile(new URL(file, folder), text)));
