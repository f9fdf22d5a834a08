import { label, type NodeSpec } from "../../lab/plan/plan.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import { defineLab } from "../../lab/topology/define-lab.ts";
import type { LoadedTopology } from "../../lab/topology/load.ts";
import type { Topology } from "../../lab/topology/schema.ts";
import type { Case } from "../cases/case.ts";
import { loadedOf } from "../cases/case-lab.ts";

/** The same case elsewhere. */
export interface Variant {
  theCase: Case;
  /** `as it is`, `other NATs`, `other names`, `laptop and phone swapped`. */
  name: string;
  loaded: LoadedTopology;
}

type Names = Record<string, string>;

/** Who stands in for whom, in the same lab; what does not fit shows as not healthy, and is left out. */
const substitutions: Record<string, Names> = {
  "laptop and phone swapped": {
    laptop: "phone",
    phone: "laptop",
    home: "cafe",
    cafe: "home",
    "router-home": "router-cafe",
    "router-cafe": "router-home",
    "alice@": "bob@",
    "bob@": "alice@",
  },
  "router for server": { server: "router", "tag:server": "tag:router" },
  "workstation for laptop": {
    laptop: "workstation",
    home: "studio",
    "router-home": "router-studio",
  },
  "exit for server": { server: "exit", "tag:server": "tag:exit", "10.20.0.10": "198.18.118.0" },
};

/** In a lab whose names, and so addresses, are all others. */
const otherNames: Names = {
  laptop: "notebook",
  nas: "storage",
  phone: "handset",
  server: "rack",
  router: "gateway",
  printer: "plotter",
  "office-dns": "works-dns",
  workstation: "bench",
  exit: "outlet",
  home: "flat",
  cafe: "library",
  office: "works",
  studio: "attic",
  cloud: "hosting",
};

/** A case in its variants, the ones that differ most first; each has the topology that it needs. */
export async function variantsOf(theCase: Case): Promise<Variant[]> {
  const loaded = await loadedOf(theCase);
  const isOfPaths = theCase.flow === "slow" || theCase.flow === "other";
  const others = Object.entries(substitutions).flatMap(([name, names]) => {
    const changed = theCase.topology instanceof URL ? substitute(theCase, names) : theCase;
    return changed === theCase ? [] : [{ theCase: changed, name, loaded }];
  });
  return [
    { theCase, name: "as it is", loaded },
    renamed(theCase, loaded),
    ...(isOfPaths ? [] : [{ theCase, name: "other NATs", loaded: withOtherNats(loaded) }]),
    ...others,
  ];
}

/** A topology with easy NATs where hard ones are, and the other way round. */
export function withOtherNats(loaded: LoadedTopology): LoadedTopology {
  const other = { easy: "hard", hard: "easy", none: "none" } as const;
  const networks = Object.fromEntries(
    Object.entries(loaded.topology.networks).map(([name, network]) => [
      name,
      { ...network, nat: other[network.nat] },
    ]),
  );
  return { ...loaded, topology: { ...loaded.topology, networks } };
}

/** Under other names, with a network of two nodes more. */
export function withOtherNames(loaded: LoadedTopology): LoadedTopology {
  const { topology, policyText } = loaded;
  const names = withRouters(otherNames);
  const { networks, nodes, tailnet, ...rest } = topology;
  const node = { kind: "tailscale", network: "shop", user: "alice" } as const;
  const declaration = {
    ...substituteIn(rest, names),
    tailnet: renameKeys(substituteIn(tailnet, names), names),
    networks: {
      ...rename(substituteIn(networks, names), names),
      shop: { nat: "easy" as const, lan: "192.168.77.0/24" },
    },
    nodes: { ...rename(substituteIn(nodes, names), names), till: node, scale: node },
  };
  return {
    ...loaded,
    topology: defineLab(declaration),
    ...(policyText === undefined ? {} : { policyText: replaceWords(policyText, names) }),
  };
}

function renamed(theCase: Case, loaded: LoadedTopology): Variant {
  const other = withOtherNames(loaded);
  const names = withRouters(otherNames);
  const [before, after] = [addressesOf(loaded.topology), addressesOf(other.topology)];
  const addresses = Object.fromEntries(
    Object.entries(before).flatMap(([name, own]) =>
      own.map((address, index) => [address, after[names[name] ?? name]?.[index] ?? address]),
    ),
  );
  const changed = substitute(theCase, { ...names, ...addresses });
  return { theCase: changed, name: "other names", loaded: other };
}

/** Of each machine in its network. */
function addressesOf(topology: Topology): Record<string, string[]> {
  const { containers } = planLab(topology, { ...draftOptions(topology), run: "score" });
  const specs = containers.map(({ labels }) => JSON.parse(labels[label.spec] ?? "{}") as NodeSpec);
  return Object.fromEntries(specs.map(({ name, addresses = [] }) => [name, addresses]));
}

/** A network's NAT router is called after it. */
function withRouters(names: Names): Names {
  const routers = Object.entries(names).map(([from, to]) => [`router-${from}`, `router-${to}`]);
  return { ...names, ...Object.fromEntries(routers) };
}

/** All but the words for a reader. */
function substitute(theCase: Case, names: Names): Case {
  const { symptoms, faults, changes, setup, question, outOfSight, finding, remedy } = theCase;
  const told = { symptoms, faults, changes, setup, question, outOfSight, finding, remedy };
  const changed = substituteIn(told, names);
  if (JSON.stringify(changed) === JSON.stringify(told)) return theCase;
  const given = Object.entries(changed).filter(([, value]) => value !== undefined);
  return { ...theCase, ...Object.fromEntries(given) };
}

/** In all texts; not in kinds, which are no names, and of keys in those of a policy alone: its tag owners. */
function substituteIn<Value>(value: Value, names: Names): Value {
  return JSON.parse(JSON.stringify(value ?? null), (key, each) => {
    if (key === "policy") return renameKeys(each, names);
    return typeof each === "string" && key !== "kind" ? replaceWords(each, names) : each;
  }) as Value;
}

/** Whole words: `exit` of `--exit-node=exit`, and the first of `server:80`. */
function replaceWords(text: string, names: Names): string {
  const words = Object.keys(names).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    `(?<![\\w.-])(${words.map((word) => word.replaceAll(".", "\\.")).join("|")})(?![\\w-]|@)`,
    "g",
  );
  return text.replaceAll(pattern, (word) => names[word] ?? word);
}

function rename<Value>(record: Record<string, Value>, names: Names): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [replaceWords(key, names), value]),
  );
}

/** At every depth: a policy has tags for keys. */
function renameKeys<Value>(value: Value, names: Names): Value {
  if (Array.isArray(value)) return value.map((each) => renameKeys(each, names)) as Value;
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.entries(value).map(([key, each]) => [key, renameKeys(each, names)]);
  return rename(Object.fromEntries(inner), names) as Value;
}
