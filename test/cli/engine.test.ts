import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { frame } from "../engine/fake-engine.ts";
import { httpEngine, listed } from "./http-engine.ts";
import { runCli, startCli } from "./run-cli.ts";

const json = JSON.stringify;

describe("with an engine", () => {
  test("the only lab that runs is meant; a node's misspelt name finds its near ones", async () => {
    await using engine = await httpEngine((_path, response) => {
      response.setHeader("content-type", "application/json");
      response.end(json([listed("mine", "laptop", "tailscale"), listed("mine", "nas")]));
    });
    const env = { DOCKER_HOST: engine.address };
    const misspelt = await runCli(["ping", "labtop", "nas"], env);
    expect(misspelt.exitCode).toBe(2);
    expect(misspelt.stderr).toContain("lab mine has no node labtop (NodeNotFound)");
    expect(misspelt.stderr).toContain("did you mean laptop?");

    const host = await runCli(["netcheck", "nas"], env);
    expect(host.exitCode).toBe(2);
    expect(host.stderr).toContain("nas runs no Tailscale");
  });

  test("of several labs, one has to be named", async () => {
    await using engine = await httpEngine((_path, response) => {
      response.setHeader("content-type", "application/json");
      response.end(json([listed("one", "a"), listed("two", "a")]));
    });
    const { stderr, exitCode } = await runCli(["logs", "a"], { DOCKER_HOST: engine.address });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("several labs run: one, two");
  });

  test("of several labs, the one that was brought up from this directory is meant", async () => {
    await using engine = await httpEngine((_path, response) => {
      response.setHeader("content-type", "application/json");
      response.end(json([listed("homelab", "a"), listed("two", "a")]));
    });
    const cwd = await mkdtemp(join(tmpdir(), "which-lab-"));
    onTestFinished(() => rm(cwd, { recursive: true }));
    await mkdir(join(cwd, ".tailnet-lab", "two"), { recursive: true });
    const env = { DOCKER_HOST: engine.address };
    const { stderr } = await runCli(["logs", "b"], env, { cwd });
    expect(stderr).toContain("lab two has no node b");
    await mkdir(join(cwd, ".tailnet-lab", "homelab"));
    expect((await runCli(["logs", "b"], env, { cwd })).stderr).toContain(
      "lab homelab has no node b",
    );
  });

  test("one that goes away in the middle is told as that", async () => {
    await using engine = await httpEngine((_path, _response, request) => request.socket.destroy());
    const { stderr, exitCode } = await runCli(["inspect"], { DOCKER_HOST: engine.address });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: the Docker Engine went away in the middle.* \(EngineLost\)$/m);
    expect(stderr).not.toContain("    at ");
  });

  test("one that goes away in the middle of an answer, or of a log, is told as that", async () => {
    await using engine = await httpEngine((path, response) => {
      if (path.endsWith("/logs")) {
        response.write(frame("one"), () => response.socket?.destroy());
      } else {
        response.setHeader("content-type", "application/json");
        response.end(json([listed("mine", "nas")]));
      }
    });
    const follow = await runCli(["logs", "nas", "--follow"], { DOCKER_HOST: engine.address });
    expect(follow.stdout).toBe("one");
    await using half = await httpEngine((_path, response) => {
      response.write('[{"Id": ', () => response.socket?.destroy());
    });
    const clean = await runCli(["clean", "--lab", "mine"], { DOCKER_HOST: half.address });
    for (const { stderr, exitCode } of [follow, clean]) {
      expect(exitCode).toBe(2);
      expect(stderr).toContain("(EngineLost)");
      expect(stderr).not.toContain("    at ");
    }
  });

  test("logs: lines as they were printed, for a program as JSON", async () => {
    await using engine = await httpEngine((path, response) => {
      if (path.endsWith("/logs")) {
        response.end(Buffer.concat([frame("one"), frame("two")]));
      } else {
        response.setHeader("content-type", "application/json");
        response.end(json([listed("mine", "nas")]));
      }
    });
    const env = { DOCKER_HOST: engine.address };
    expect((await runCli(["logs", "nas"], env)).stdout).toBe("one\ntwo");
    const { stdout } = await runCli(["logs", "nas", "--json"], env);
    expect(JSON.parse(stdout)).toEqual({ schema: 1, node: "nas", lines: ["one", "two"] });
  });

  test("Ctrl-C ends with 130", async () => {
    await using engine = await httpEngine((path, response) => {
      if (path.endsWith("/logs")) {
        response.write(frame("one"));
      } else {
        response.setHeader("content-type", "application/json");
        response.end(json([listed("mine", "nas")]));
      }
    });
    const running = startCli(["logs", "nas", "--follow"], { DOCKER_HOST: engine.address });
    running.stdout.once("data", () => running.kill("SIGINT"));
    const { exitCode, stdout, stderr } = await running;
    expect(stdout).toBe("one");
    expect(stderr).toContain("interrupted");
    expect(exitCode).toBe(130);
  });

  test("a issue of our own shows its stack and asks for a report", async () => {
    await using engine = await httpEngine((_path, response) => {
      response.setHeader("content-type", "application/json");
      response.end("{}");
    });
    const { stderr, exitCode } = await runCli(["inspect"], { DOCKER_HOST: engine.address });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("    at ");
    expect(stderr).toContain("This is a bug in tailnet-lab");
  });
});
