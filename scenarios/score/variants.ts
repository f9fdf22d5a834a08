import type { Topology } from "../../lab/topology/schema.ts";
import type { Case } from "../cases/case.ts";

/** The same case elsewhere. */
export interface Variant {
  theCase: Case;
  /** `as it is`, `at workstation`, `other NATs`. */
  name: string;
  /** Whether the lab has other NATs than the topology says. */
  hasOtherNats: boolean;
}

/** Who stands in for whom, in the default lab; what does not fit shows as not healthy, and is left out. */
const substitutions: Record<string, Record<string, string>> = {
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

/** A case in its variants: as it is, behind other NATs where paths are not its matter, and with other nodes. */
export function variantsOf(theCase: Case): Variant[] {
  const own = { theCase, hasOtherNats: false };
  const others = Object.entries(substitutions).flatMap(([name, names]) => {
    const changed = substitute(theCase, names);
    return changed === undefined ? [] : [{ theCase: changed, name, hasOtherNats: false }];
  });
  const isOfPaths = theCase.flow === "slow" || theCase.flow === "other";
  const behind = isOfPaths ? [] : [{ theCase, name: "other NATs", hasOtherNats: true }];
  return [{ ...own, name: "as it is" }, ...behind, ...others];
}

/** The default lab with easy NATs where hard ones are, and the other way round. */
export function withOtherNats(topology: Topology): Topology {
  const networks = Object.fromEntries(
    Object.entries(topology.networks).map(([name, network]) => [
      name,
      {
        ...network,
        nat: network.nat === "easy" ? "hard" : network.nat === "hard" ? "easy" : "none",
      },
    ]),
  ) as Topology["networks"];
  return { ...topology, networks };
}

/** Whole words of all texts but those for a reader; undefined where nothing changes. */
function substitute(theCase: Case, names: Record<string, string>): Case | undefined {
  const { symptoms, faults, changes, setup, question, finding, remedy } = theCase;
  const told = { symptoms, faults, changes, setup, question, finding, remedy };
  const words = Object.keys(names).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(?<![\\w.-])(${words.join("|")})(?![\\w-]|@)`, "g");
  const text = JSON.stringify(told);
  const changed = text.replaceAll(pattern, (word) => names[word] ?? word);
  return changed === text
    ? undefined
    : {
        ...theCase,
        ...(JSON.parse(changed) as Pick<Case, "symptoms" | "faults" | "finding" | "remedy">),
      };
}
