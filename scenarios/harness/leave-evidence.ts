import path from "node:path";
import type { TestAttachment, TestContext } from "vitest";
import type { ErrorName } from "../../lab/errors.ts";
import { claimOf, forgetClaims, isEvidenceWanted } from "./claims.ts";
import type { PlannedLab } from "./evidence.ts";

type Context = Pick<TestContext, "task" | "annotate">;
type TestError = NonNullable<NonNullable<TestContext["task"]["result"]>["errors"]>[number];

/**
 * To be made when a test begins. The result is to be called when it has ended, as often as may be: where the test has
 * failed, it leaves the lab's evidence in a folder, annotates the test with that, and adds both the folder and the first
 * cause to the message of each failure, which every reporter shows: a test with `expect.soft` has several. A matcher that
 * was called wrongly has asked the lab nothing.
 */
export function evidenceLeaver(
  context: Context,
  lab: PlannedLab,
  ...place: readonly string[]
): () => Promise<void> {
  const { task } = context;
  forgetClaims();
  // Of an attempt before, where the test is repeated.
  const earlier = task.result?.errors?.length ?? 0;
  let isLeft = false;
  return async () => {
    const all = task.result?.errors?.slice(earlier) ?? [];
    const [error, ...others] = all.filter(({ name }) => !misuse.includes(name));
    if (isLeft || error === undefined || task.fails === true || !isEvidenceWanted()) return;
    isLeft = true;
    await leave(context, [error, ...others], lab, place);
  };
}

/** What the test did wrong, and not the lab. */
const misuse: readonly (string | undefined)[] = [
  "UsageInvalid",
  "NodeNotFound",
] satisfies ErrorName[];

async function leave(
  context: Context,
  errors: readonly [TestError, ...TestError[]],
  lab: PlannedLab,
  place: readonly string[],
): Promise<void> {
  // It brings the doctor with it, which a test that passes does not need.
  const { evidenceLines, lookAtLab, writeEvidence } = await import("./evidence.ts");
  const { task } = context;
  const claims = errors.map(({ message }) => claimOf(message));
  const open = claims.filter((claim) => claim?.shown === undefined);
  const now =
    open.length === 0
      ? undefined
      : await lookAtLab(
          lab,
          open.map((claim) => claim?.asked),
        );
  const causesNow = [...(now?.causes ?? [])];
  const causes = claims.map((claim) => claim?.shown?.cause ?? causesNow.shift() ?? "");
  const look = claims[0]?.shown?.look ?? now;
  if (look === undefined) return;
  const folder = await writeEvidence(look, ...placeOf(task), ...place);
  for (const [index, error] of errors.entries())
    append(error, evidenceLines(folder, causes[index] ?? ""));
  await annotate(context, folder, "evidence");
  const body = look.files["doctor.txt"] ?? "";
  await annotate(context, causes[0] ?? "", "doctor", {
    body: Buffer.from(body).toString("base64"),
    contentType: "text/plain",
  });
}

/** Where a test's evidence goes, which no other test of the run shares: by its file's path and by its full name. */
export function placeOf({ file, fullTestName }: Pick<Context["task"], "file" | "fullTestName">) {
  const { dir, base } = path.posix.parse(file.name);
  const name = base.replace(/\.(test|spec)\.[cm]?[jt]sx?$/, "");
  return [...dir.split("/").filter((part) => part !== ""), name, fullTestName];
}

/** To the message, which reporters take from either. */
function append(error: TestError, lines: string): void {
  const message = `${error.message}${lines}`;
  if (error.stack !== undefined) {
    error.stack = error.stack.replace(error.message, () => message);
  }
  error.message = message;
}

/**
 * Vitest takes annotations from a test that runs, and whether it fails is known when it has ended: meanwhile it is said
 * to run.
 */
async function annotate(
  { task, annotate }: Context,
  message: string,
  type: string,
  attachment?: TestAttachment,
): Promise<void> {
  const { result } = task;
  if (result === undefined) return;
  const { state } = result;
  result.state = "run";
  try {
    await annotate(message, type, attachment);
  } catch (error) {
    console.error(`${task.name}: not annotated, as ${error}\n${type}: ${message}`);
  } finally {
    result.state = state;
  }
}
