import { stripVTControlCharacters } from "node:util";
import { parse } from "yaml";
import { z } from "zod";

/** Headscale's own configuration, as far as it tells something. */
export interface HeadscaleConfig {
  serverUrl: string;
  baseDomain: string;
  magicDns: boolean;
  overridesLocalDns: boolean | undefined;
  nameservers: string[];
  splitDns: Record<string, string[]>;
  /** Where the policy is; undefined where it is in the database. */
  policyFile: string | undefined;
}

const configSchema = z.looseObject({
  server_url: z.string().default(""),
  dns: z
    .looseObject({
      magic_dns: z.boolean().default(true),
      base_domain: z.string().default(""),
      override_local_dns: z.boolean().optional(),
      nameservers: z
        .looseObject({
          global: z.array(z.string()).nullish(),
          split: z.record(z.string(), z.array(z.string())).nullish(),
        })
        .nullish(),
    })
    .nullish(),
  policy: z.looseObject({ mode: z.string().default("file"), path: z.string().nullish() }).nullish(),
});

export function parseHeadscaleConfig(text: string): HeadscaleConfig {
  const { server_url, dns, policy } = configSchema.parse(parse(text));
  return {
    serverUrl: server_url,
    baseDomain: dns?.base_domain ?? "",
    magicDns: dns?.magic_dns ?? true,
    overridesLocalDns: dns?.override_local_dns,
    nameservers: dns?.nameservers?.global ?? [],
    splitDns: dns?.nameservers?.split ?? {},
    policyFile: policy?.mode === "file" ? policy.path || undefined : undefined,
  };
}

/** A line of Headscale's log. */
export interface LogLine {
  /** RFC 3339. */
  at: string;
  /** INF, WRN, ERR, FTL. */
  level: string;
  text: string;
}

/** Lines of others, such as of the program that starts it, are left out. */
export function parseHeadscaleLog(text: string): LogLine[] {
  return stripVTControlCharacters(text)
    .split("\n")
    .flatMap((line) => {
      const match = /^(\d{4}-\d\d-\d\dT\S+) (TRC|DBG|INF|WRN|ERR|FTL) (.*)$/.exec(line);
      if (match === null) return [];
      return [{ at: match[1] ?? "", level: match[2] ?? "", text: match[3] ?? "" }];
    });
}

export interface HeadscaleUser {
  id: string;
  name: string;
}

/** Who comes by OpenID Connect may have an address alone. */
const usersSchema = z
  .array(
    z.looseObject({
      id: z.union([z.number(), z.string()]).default(""),
      name: z.string().default(""),
      email: z.string().default(""),
    }),
  )
  .nullish();

export function parseUsers(text: string): HeadscaleUser[] {
  return (usersSchema.parse(JSON.parse(text)) ?? []).map(({ id, name, email }) => ({
    id: String(id),
    name: name || email,
  }));
}
