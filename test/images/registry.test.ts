import { afterEach, describe, expect, test, vi } from "vitest";
import { ensureImages } from "../../lab/images/ensure.ts";
import { whyUnavailable } from "../../lab/images/registry.ts";
import type { Progress } from "../../lab/progress.ts";
import { status, stubEngine } from "./stub-engine.ts";

/** As engines from 20.10 to 29 word it, with and without containerd's image store. */
describe("what an engine tells of a failed pull", () => {
  test.each([
    "manifest for debian:bookworm-slim not found: manifest unknown: manifest unknown",
    "pull access denied for tailscale/tailscale, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    "docker.io/library/debian:bookworm-slim: not found",
    "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
    "no matching manifest for linux/arm64/v8 in the manifest list entries",
    "image with reference golang:1.26 was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64",
  ])("no such image: %s", (message) => {
    expect(whyUnavailable(message)).toEqual({ registryAnswers: true, why: message });
  });

  test.each([
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 192.0.2.53:53: no such host',
    'Get "https://registry-1.docker.io/v2/": dial tcp 192.0.2.1:443: connect: connection refused',
    'Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    'failed to resolve reference "docker.io/library/debian:bookworm-slim": failed to do request: Head "https://registry-1.docker.io/v2/library/debian/manifests/bookworm-slim": dial tcp 192.0.2.1:443: i/o timeout',
    'Get "https://registry-1.docker.io/v2/": dial tcp 192.0.2.1:443: connect: network is unreachable',
    'Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout',
    'Get "https://registry-1.docker.io/v2/": x509: certificate signed by unknown authority',
    'Get "http://127.0.0.1:5000/v2/": EOF',
    "received unexpected HTTP status: 503 Service Unavailable",
    'Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp 192.0.2.2:3128: connect: connection refused',
  ])("no answer: %s", (message) => {
    expect(whyUnavailable(message)).toEqual({ registryAnswers: false, why: message });
  });

  test.each([
    "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating",
    'Head "https://registry.example/v2/library/debian/manifests/bookworm-slim": unauthorized: authentication required',
    "unauthorized: incorrect username or password",
    "unexpected status from HEAD request to https://registry.example/v2/library/debian/manifests/bookworm-slim: 403 Forbidden",
    "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
    "filesystem layer verification failed for digest sha256:502",
    "something else",
  ])("what the user must act on: %s", (message) => {
    expect(whyUnavailable(message)).toBeUndefined();
  });
});

describe("a refusal of the registry", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("is told with a way out", async () => {
    await using engine = await stubEngine({
      pull: () => status(500, "toomanyrequests: You have reached your pull rate limit"),
    });
    vi.stubEnv("DOCKER_HOST", `unix://${engine.socket}`);
    const progress: Progress = { step: (_title, work) => work(() => {}) };
    await expect(ensureImages([{ program: "base" }], progress)).rejects.toMatchObject({
      name: "ImageUnbuildable",
      what: "the registry refuses debian:bookworm-slim: toomanyrequests: You have reached your pull rate limit",
      remedy: expect.stringContaining("docker pull debian:bookworm-slim"),
    });
  });

  test("does not matter where the engine has the image already", async () => {
    await using engine = await stubEngine({
      present: ["debian:bookworm-slim"],
      pull: () => status(500, "toomanyrequests: You have reached your pull rate limit"),
    });
    vi.stubEnv("DOCKER_HOST", `unix://${engine.socket}`);
    const details: string[] = [];
    const progress: Progress = { step: (_title, work) => work((text) => details.push(text)) };
    await ensureImages([{ program: "base" }], progress);
    expect(details).toContainEqual(expect.stringMatching(/^using the debian:.*toomanyrequests/));
  });
});
