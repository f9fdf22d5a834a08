import { styleText } from "node:util";
import { type Progress, plainProgress, secondsSince } from "../lab/progress.ts";

/** Where progress is drawn: standard error. */
export interface ProgressStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

interface Step {
  title: string;
  detail: string;
  started: number;
}

/** On a terminal: finished steps as lines, and one line that shows what goes on. Else: plain lines. */
export function showProgress(stream: ProgressStream): Progress {
  return stream.isTTY === true ? liveProgress(stream) : plainProgress(stream);
}

const frameMs = 100;
const eraseLine = "\r\u001b[2K";

function liveProgress(stream: ProgressStream): Progress {
  const steps = new Set<Step>();
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    const step = [...steps].at(-1);
    if (step === undefined) return;
    const others = steps.size > 1 ? ` (and ${steps.size - 1} more)` : "";
    const line = `… ${step.title}${others} ${secondsSince(step.started)}  ${step.detail}`;
    stream.write(`${eraseLine}${line.slice(0, (stream.columns || 80) - 1)}`);
  };
  const finish = (step: Step, mark: string) => {
    steps.delete(step);
    stream.write(`${eraseLine}${mark} ${step.title} ${dim(secondsSince(step.started))}\n`);
    if (steps.size > 0) return draw();
    clearInterval(timer);
    timer = undefined;
  };
  return {
    tell(line) {
      stream.write(`${eraseLine}${line}\n`);
      draw();
    },
    async step(title, work) {
      const step: Step = { title, detail: "", started: performance.now() };
      steps.add(step);
      timer ??= setInterval(draw, frameMs).unref();
      draw();
      try {
        const result = await work((text) => {
          step.detail = text;
        });
        finish(step, styleText("green", "✔", { stream: process.stderr }));
        return result;
      } catch (error) {
        finish(step, styleText("red", "✖", { stream: process.stderr }));
        throw error;
      }
    },
  };
}

function dim(text: string): string {
  return styleText("dim", text, { stream: process.stderr });
}
