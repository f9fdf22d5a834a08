import type { RunningNode } from "../running/running-node.ts";
import { programLimitMs } from "./limit.ts";

/** One flow that a router's kernel tracks, as it came in and as its answers must look. */
export interface Flow {
  protocol: string;
  /** TCP's state, such as ESTABLISHED; undefined for other protocols. */
  state: string | undefined;
  original: FlowEnds;
  reply: FlowEnds;
  /** Packets were seen both ways. */
  isAssured: boolean;
  isReplied: boolean;
}

export interface FlowEnds {
  source: string;
  destination: string;
  /** Undefined for protocols without ports. */
  sourcePort: number | undefined;
  destinationPort: number | undefined;
}

/** `conntrack -L`: one flow a line, each direction with src=, dst=, sport=, dport=. */
export function parseConntrack(text: string): Flow[] {
  return text.split("\n").flatMap((line) => {
    const tuples = line.split(/(?=\bsrc=)/);
    const [head = "", original, reply] = tuples;
    if (original === undefined || reply === undefined) return [];
    return [
      {
        protocol: head.trim().split(/\s+/)[0] ?? "",
        state: /\b([A-Z_]{4,})\b/.exec(head)?.[1],
        original: endsOf(original),
        reply: endsOf(reply),
        isAssured: line.includes("[ASSURED]"),
        isReplied: !line.includes("[UNREPLIED]"),
      },
    ];
  });
}

function endsOf(text: string): FlowEnds {
  const field = (key: string) => new RegExp(`\\b${key}=(\\S+)`).exec(text)?.[1];
  const port = (key: string) => (field(key) === undefined ? undefined : Number(field(key)));
  return {
    source: field("src") ?? "",
    destination: field("dst") ?? "",
    sourcePort: port("sport"),
    destinationPort: port("dport"),
  };
}

export async function flowsOf(router: RunningNode): Promise<Flow[]> {
  return parseConntrack(await router.output(["conntrack", "-L"], { timeoutMs: programLimitMs }));
}
