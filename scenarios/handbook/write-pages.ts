/** `npm run docs:flows`: writes docs/troubleshooting/ from the cases, the catalogue and what was recorded. */
import { writePages } from "./pages.ts";

await writePages();
