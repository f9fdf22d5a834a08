/** The rule for names of labs, networks, relays and nodes: a DNS label that is short enough for Docker's names. */
const label = "[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?";
export const labelPattern = new RegExp(`^${label}$`);
export const labelRule = "use lower-case letters, digits and inner hyphens, at most 32 characters";

/** A lab's name on the engine: one that a test started has a suffix, which keeps it from others of its topology. */
export const labNamePattern = new RegExp(
  `^${label}(-[0-9a-f]{6,8}(-warm-[0-9a-f]{12})?-\\d+-\\d+)?$`,
);
