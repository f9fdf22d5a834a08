import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { defineLab } from "../../lab/topology/define-lab.ts";
import { type LoadedTopology, loadTopology } from "../../lab/topology/load.ts";
import type { Topology } from "../../lab/topology/schema.ts";
import type { Case } from "../cases/case.ts";
import { homelab } from "../cases/topologies.ts";
import { lookAtHealthy } from "./look.ts";
import { withOtherNames, withOtherNats } from "./variants.ts";
import type { Work } from "./work.ts";

type Question = Case["question"];

/** Labs in which nothing is the matter, each looked at so many times: just joined, at rest, and on a machine whose processors are all busy. */
export async function healthyWorks(times: number): Promise<Work[]> {
  const loaded = await loadTopology(fileURLToPath(homelab));
  const labs = [loaded, withOtherNats(loaded), withOtherNames(loaded), everyNat()];
  return labs.flatMap((each) => {
    const questions: Question[] = [undefined, ...questionsOf(each.topology)];
    const looks = questions.map(
      (question): Work => ({
        loaded: each,
        look: (lab) => lookAtHealthy(lab.running, question),
      }),
    );
    const busy: Work = {
      loaded: each,
      look: (lab) => whileBusy(() => lookAtHealthy(lab.running, undefined)),
    };
    return Array.from({ length: times }, () => [...looks, busy]).flat();
  });
}

/** From a node of alice's in each network to every node with a service: what the policy denies is left out. */
function questionsOf({ nodes, networks }: Topology): NonNullable<Question>[] {
  const clients = Object.entries(nodes).filter(
    ([, node]) => node.kind === "tailscale" && node.user === "alice",
  );
  const asking = Object.keys(networks).flatMap((name) => {
    const first = clients.find(([, { network }]) => network === name);
    return first === undefined ? [] : [first[0]];
  });
  const web = Object.entries(nodes).flatMap(([name, node]) => {
    const hasWeb = node.kind === "tailscale" && node.services.some(({ kind }) => kind === "http");
    return hasWeb ? [name] : [];
  });
  return asking.flatMap((from) =>
    web.filter((to) => to !== from).map((to) => ({ from, to: `${to}:80` })),
  );
}

/** A node behind each kind of NAT, two of each, and one without. */
function everyNat(): LoadedTopology {
  const nats = ["easy", "easy", "hard", "none"] as const;
  const topology = defineLab({
    name: "every-nat",
    networks: Object.fromEntries(
      nats.map((nat, index) => [
        `lan${index}`,
        nat === "none" ? { nat } : { nat, lan: `192.168.${index + 1}.0/24` },
      ]),
    ),
    nodes: Object.fromEntries(
      nats.map((_, index) => [
        `node${index}`,
        {
          kind: "tailscale" as const,
          network: `lan${index}`,
          user: "alice",
          services: [{ kind: "http" as const, port: 80 }],
        },
      ]),
    ),
  });
  return { topology, file: "score:every-nat" };
}

async function whileBusy<T>(work: () => Promise<T>): Promise<T> {
  const workers = Array.from(
    { length: availableParallelism() },
    () => new Worker("for (;;);", { eval: true }),
  );
  try {
    return await work();
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
