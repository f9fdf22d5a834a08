import { styleText } from "node:util";
import type { Progress } from "../lab/progress.ts";

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

/** A line at a step's beginning and end, and its detail at most this often. */
const plainDetailMs = 5000;

function plainProgress(stream: ProgressStream): Progress {
  return {
    async step(title, work) {
      const started = performance.now();
      let told = started;
      stream.write(`${title}\n`);
      const detail = (text: string) => {
        if (performance.now() - told < plainDetailMs) return;
        told = performance.now();
        stream.write(`${title}: ${text} (${seconds(started)})\n`);
      };
      try {
        const result = await work(detail);
        stream.write(`${title}: done in ${seconds(started)}\n`);
        return result;
      } catch (error) {
        stream.write(`${title}: failed after ${seconds(started)}\n`);
        throw error;
      }
    },
  };
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
    const line = `… ${step.title}${others} ${seconds(step.started)}  ${step.detail}`;
    stream.write(`${eraseLine}${line.slice(0, (stream.columns || 80) - 1)}`);
  };
  const finish = (step: Step, mark: string) => {
    steps.delete(step);
    stream.write(`${eraseLine}${mark} ${step.title} ${dim(seconds(step.started))}\n`);
    if (steps.size > 0) return draw();
    clearInterval(timer);
    timer = undefined;
  };
  return {
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

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
