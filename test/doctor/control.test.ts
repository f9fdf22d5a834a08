import { expect, test } from "vitest";
import { type Alteration, codes, found, replace } from "./altered-source.ts";

const unjoined: Alteration[] = ["laptop", "router"].map((node) => [
  node,
  "tailscale",
  () => ({
    exitCode: 1,
    stdout: "",
    stderr: "failed to connect to local tailscaled; it doesn't appear to be running\n",
  }),
]);

const deaf: Alteration[] = ["laptop", "router"].map((node) => [
  node,
  "sh controlProbe",
  () => ({
    stdout:
      "url https://control.lab.test\ncurl: (7) Failed to connect to control.lab.test\nanswer 000 \nexit 7",
  }),
]);

test("TL301: control did not start, and no node has joined", async () => {
  const { findings } = await found(undefined, [...unjoined, ...deaf], { down: ["control"] });
  expect(findings).toMatchObject([
    {
      code: "TL301",
      node: "control",
      consequences: [
        { code: "TL119", node: "laptop" },
        { code: "TL119", node: "router" },
      ],
    },
  ]);
  // One of them alone is a trouble of its own.
  expect(await codes(undefined, [...unjoined.slice(0, 1), ...deaf], { down: ["control"] })).toEqual(
    ["TL119 laptop", "TL301 control"],
  );
});

test("TL301: nodes that waited for control in vain have ended because of it", async () => {
  const down = ["control", "laptop", "router"];
  const why =
    "its container has exited: timed out after 120 s waiting for the control server to let this node join: may_join: ";
  const { findings } = await found(undefined, [], { down, why });
  expect(findings).toMatchObject([
    { code: "TL301", consequences: [{ node: "laptop" }, { node: "router" }] },
  ]);
  // Machines that were switched off are a trouble of their own.
  expect(await codes(undefined, [], { down })).toEqual([
    "TL118 laptop",
    "TL118 router",
    "TL301 control",
  ]);
});

test("TL301: why it has ended, in its own words", async () => {
  const { findings } = await found(undefined, [
    ...deaf,
    ["control", "headscale", () => ({ exitCode: 1, stderr: "connection refused" })],
    [
      "control",
      "journalctl",
      () => ({
        stdout: 'failed: Headscale rejects the policy: host not defined in policy: "box"\n',
      }),
    ],
  ]);
  expect(findings).toMatchObject([
    { code: "TL301", seen: [{}, { line: expect.stringContaining("host not defined") }, {}] },
  ]);
});

test("TL302: a node that was told another control server than the others", async () => {
  const { findings } = await found(undefined, [
    [
      "laptop",
      "sh controlProbe",
      () => ({
        stdout:
          "url https://contrl.lab.test\ncurl: (6) Could not resolve host: contrl.lab.test\nanswer 000 \nexit 6",
      }),
    ],
  ]);
  expect(findings).toMatchObject([
    {
      code: "TL302",
      node: "laptop",
      fix: [expect.stringContaining("--login-server=https://control.lab.test")],
    },
  ]);
});

const answer = (node: string, ...lines: string[]): Alteration => [
  node,
  "sh controlProbe",
  () => ({ stdout: lines.join("\n") }),
];
const outOfSight = ["control", "printer"];

test("TL302: a slash at the end of its address makes no other control server", async () => {
  const { findings } = await found(undefined, [
    answer(
      "laptop",
      "url https://control.lab.test/",
      "curl: (28) Connection timed out",
      "answer 000 ",
      "exit 28",
    ),
  ]);
  expect(findings).toMatchObject([
    { code: "TL302", what: "laptop does not reach the control server https://control.lab.test/" },
  ]);
});

test("TL302: a server that shows one node a certificate is up, though another gets no answer", async () => {
  const url = "url https://control.lab.test:8443";
  const { findings } = await found(
    undefined,
    [
      answer("laptop", url, "curl: (28) Connection timed out", "answer 000 ", "exit 28"),
      answer("router", url, "curl: (60) SSL certificate problem", "answer 000 ", "exit 60"),
    ],
    { outOfSight },
  );
  expect(findings).toMatchObject([
    { code: "TL302", node: "laptop", why: "the server is up: router gets an answer" },
    { code: "TL302", node: "router", fix: [{}, expect.stringContaining("control.lab.test:8443")] },
  ]);
});

test("TL121 is none of a peer that does not run", async () => {
  const silent = (node: string, command: string): Alteration => [
    node,
    command,
    () => ({ exitCode: 1, stdout: "no reply\n", stderr: "nc: timed out" }),
  ];
  const { findings } = await found("laptop router:80", [
    silent("laptop", "nc"),
    ["laptop", "ping", () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received\n" })],
    silent("laptop", "tailscale ping"),
    [
      "router",
      "tailscale status",
      replace('"BackendState": "Running"', '"BackendState": "Stopped"'),
    ],
  ]);
  expect(findings).toMatchObject([{ code: "TL210", consequences: [] }]);
  const { findings: hanging } = await found("laptop router:80", [
    silent("laptop", "nc"),
    ["laptop", "ping", () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received\n" })],
    silent("laptop", "tailscale ping"),
    ...unjoined.slice(1),
  ]);
  expect(hanging).toMatchObject([{ code: "TL119", consequences: [] }]);
});
