import { label } from "../../lab/plan/plan.ts";
import { withGrants, withNat } from "./breakage.ts";
import type { Mutation } from "./mutation.ts";

const scenario = "engine";

export const engineMutations: readonly Mutation[] = [
  {
    name: "engine-grant-missing",
    scenario,
    test: "what the policy allows",
    because: /laptop to phone:80 over tcp by ipv4\nexpected: reached\nseen: +timeout/,
    declared: (loaded) =>
      withGrants(loaded, (grants) => grants.map((grant) => ({ ...grant, ip: ["tcp:7"] }))),
  },
  {
    name: "engine-policy-open",
    scenario,
    test: "what it does not allow",
    because: /laptop to phone:7 over tcp\n.*\nseen: +an attempt ended as "reached"/,
    declared: (loaded) => withGrants(loaded, () => [{ src: ["*"], dst: ["*"], ip: ["*"] }]),
  },
  {
    name: "engine-nats-made-hard",
    scenario,
    test: "through two NATs",
    because: /laptop to phone\nexpected: path direct\nseen: +tailscale ping took derp/,
    declared: (loaded) => withNat(loaded, ["home", "cafe"], "hard"),
  },
  {
    name: "engine-ipv6-off",
    scenario,
    test: "the simulated internet has IPv6",
    because: /visitor to www:80 over tcp by ipv6\nexpected: reached\nseen: +(timeout|unreachable)/,
    started: async (lab) => {
      await lab.node("www").output(["ip", "-6", "addr", "flush", "dev", "inet"]);
    },
  },
  {
    name: "engine-neighbours-missing",
    scenario,
    test: "every machine knows its neighbours",
    because: /permanent neighbours of www: expected \[/,
    planned: (plan) => ({
      ...plan,
      containers: plan.containers.map((container) => ({
        ...container,
        files: container.files.filter(({ path }) => !path.includes("/neighbours-")),
      })),
    }),
  },
  {
    name: "engine-one-shot-left",
    scenario,
    test: "a program's own container",
    because: /what is left of it: expected \[/,
    started: async (lab) => {
      const { Image } = await lab.node("dns").container.inspect();
      const labels = { [label.lab]: lab.name, [label.run]: lab.run };
      const left = { Image, Labels: { ...labels, [label.kind]: "one-shot" } };
      const container = await lab.engine.createContainer({ ...left, Entrypoint: ["sleep", "60"] });
      await container.start();
    },
  },
  {
    name: "engine-container-gone",
    scenario,
    test: "a lab that is gone",
    because: /while it runs: expected \{.*containers: 10/s,
    started: async (lab) => {
      await lab.node("visitor").container.remove({ force: true });
    },
  },
];
