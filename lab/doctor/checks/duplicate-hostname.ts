import { isNamedAfter } from "../../evidence/hostnames.ts";
import { type Check, seen, seenLine } from "../check.ts";
import { isUnder } from "../names.ts";

/** TL209: by control's list, else by what peers are told. */
export const duplicateHostname: Check = {
  finds: ["TL209"],
  step: "name",
  explainedBy: ["TL208"],
  run({ observations, read, found }) {
    const { control, tailscale } = observations;
    const registry = control === undefined ? undefined : read(control.nodes);
    if (control !== undefined && registry !== undefined) {
      const named = registry.filter((node) => isNamedAfter(node.givenName, node.hostname));
      for (const [name, same] of Map.groupBy(named, (node) => node.hostname)) {
        if (same.length < 2) continue;
        const given = same.map(({ givenName }) => givenName).toSorted();
        const { fix, ...about } = words(
          name,
          given,
          same.filter((node) => node.name !== name),
        );
        const gone = same.filter(({ online }) => !online);
        const isOneLeft = gone.length === same.length - 1;
        found({
          ...about,
          involves: [...given, ...same.map((node) => node.name)],
          fix: [
            ...(isOneLeft ? gone : []).map(
              ({ id, givenName }) =>
                `on control, where ${givenName}, which is offline, is gone for good: headscale nodes delete -i ${id}`,
            ),
            ...fix,
          ],
          seen: [
            seen(
              control.nodes,
              `"name": "${name}", "given_name": ${given.map((each) => `"${each}"`).join(" and ")}`,
            ),
          ],
        });
      }
      return;
    }
    for (const { status } of tailscale.values()) {
      const value = read(status);
      if (value === undefined) continue;
      // Those that are shared from other tailnets have other domains, Tailscale's own have no name.
      const all = [...value.peers, ...(value.self === undefined ? [] : [value.self])];
      const named = all.filter(
        ({ hostname, dnsName }) =>
          isUnder(dnsName, value.domain) && isNamedAfter(dnsName.split(".")[0] ?? "", hostname),
      );
      for (const [name, same] of Map.groupBy(named, (peer) => peer.hostname)) {
        if (same.length < 2 || name === "") continue;
        const given = same.map(({ dnsName }) => dnsName).toSorted();
        found({
          ...words(
            name,
            given,
            same.filter((peer) => peer.name !== name),
          ),
          involves: given,
          seen: [seenLine(status, `"HostName": ${JSON.stringify(name)}`, given.join(" "))],
        });
      }
    }
  },
};

/** The others are those of which it is known what their machines are called. */
function words(name: string, given: readonly string[], others: readonly { name: string }[]) {
  return {
    code: "TL209",
    node: name,
    what: `${given.length} nodes call themselves ${name}`,
    why: `control has named them ${given.join(" and ")}: who asks for ${name} gets one of them`,
    fix:
      others.length === 0
        ? ["on the other one: tailscale set --hostname=ANOTHER-NAME"]
        : others.map((other) => `on ${other.name}: tailscale set --hostname=${other.name}`),
    explains: [`the other one is not reached as ${name}, nor by its former name`],
  };
}
