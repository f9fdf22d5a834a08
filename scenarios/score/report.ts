import type { Scored } from "./look.ts";

type Of<Kind extends Scored["kind"]> = Extract<Scored, { kind: Kind }>;

/** The score as Markdown. */
export function scoreText(scored: readonly Scored[], of: string): string {
  const ones = scored.filter((each): each is Of<"one"> => each.kind === "one");
  const pairs = scored.filter((each): each is Of<"pair"> => each.kind === "pair");
  const healthy = scored.filter((each): each is Of<"healthy"> => each.kind === "healthy");
  const leftOut = scored.filter((each): each is Of<"left-out"> => each.kind === "left-out");
  const lines = [
    "# The doctor's score",
    "",
    `Made by \`npm run doctor:score\`, ${of}. Each look is at a lab that runs; the symptom was there by real packets.`,
    "",
    "| looks | how many | right | what is right |",
    "| --- | --- | --- | --- |",
    `| one cause | ${ones.length} | ${share(ones)} | the first finding is the cause |`,
    `| two causes at once | ${pairs.length} | ${share(pairs)} | both are named |`,
    `| healthy labs | ${healthy.length} | ${share(healthy)} | nothing is found, but TL401 where one side's NAT is hard: that is so |`,
    "",
    "## First finding by cause",
    "",
    "| cause | looks | right | else, the first was |",
    "| --- | --- | --- | --- |",
    ...[...Map.groupBy(ones, ({ expected }) => expected)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, own]) => `| ${code} | ${own.length} | ${share(own)} | ${instead(own)} |`),
    ...section("Missed", ones.filter(isWrong), ({ name, variant, expected, first }) => {
      return `${name} (${variant}): ${expected} expected, ${first} first`;
    }),
    ...section("Pairs missed", pairs.filter(isWrong), ({ names, expected, named }) => {
      return `${names.join(" + ")}: ${expected.join(" and ")} expected, named ${named.join(", ") || "nothing"}`;
    }),
    ...section("False alarms", healthy.filter(isWrong), ({ lab, question, named }) => {
      return `${lab}, ${question}: ${named.join("; ")}`;
    }),
    ...section("Left out", leftOut, ({ name, variant, why }) => `${name} (${variant}): ${why}`),
  ];
  return `${lines.join("\n")}\n`;
}

function section<T>(title: string, all: readonly T[], text: (each: T) => string): string[] {
  return all.length === 0 ? [] : ["", `## ${title}`, "", ...all.map((each) => `- ${text(each)}`)];
}

function isWrong({ isRight }: { isRight: boolean }): boolean {
  return !isRight;
}

function share(looks: readonly { isRight: boolean }[]): string {
  if (looks.length === 0) return "–";
  const right = looks.filter(({ isRight }) => isRight).length;
  const percent = Math.round((100 * right) / looks.length);
  // Not all right is not 100 %.
  return `${right} (${right < looks.length ? Math.min(percent, 99) : percent} %)`;
}

function instead(looks: readonly Of<"one">[]): string {
  const wrong = looks.filter(isWrong).map(({ first }) => first);
  return [...new Set(wrong)].sort().join(", ") || "–";
}
