import { expect, test } from "vitest";
import { readFrames } from "../../lab/engine/frames.ts";
import { unixTime } from "../../lab/engine/log.ts";
import { frame } from "./fake-engine.ts";

test("frames that come in pieces wait for their rest", () => {
  const bytes = Buffer.concat([frame("one"), frame("two")]);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const first = readFrames(bytes.subarray(0, cut));
    const second = readFrames(Buffer.concat([first.rest, bytes.subarray(cut)]));
    const text = [...first.frames, ...second.frames].map(({ data }) => data.toString()).join("");
    expect(text).toBe("one\ntwo\n");
    expect(second.rest).toHaveLength(0);
  }
});

test("standard error is told apart", () => {
  const error = frame("oops");
  error[0] = 2;
  expect(readFrames(error).frames.map(({ isError }) => isError)).toEqual([true]);
});

test("a moment keeps its nanoseconds", () => {
  expect(unixTime("2026-01-02T03:04:05.678901234Z")).toBe("1767323045.678901234");
  expect(unixTime("2026-01-02T03:04:05Z")).toBe("1767323045.000000000");
});
