/** The rule for names of labs, networks, relays and nodes: a DNS label that is short enough for Docker's names. */
export const labelPattern = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;
export const labelRule = "use lower-case letters, digits and inner hyphens, at most 32 characters";

/** A lab's name on the engine: one that a test started has a suffix, which keeps it from others of its topology. */
export const labNamePattern = new RegExp(
  `${labelPattern.source.slice(0, -1)}(-[0-9a-f]{6,8}(-warm-[0-9a-f]{12})?-\\d+-\\d+)?$`,
);
