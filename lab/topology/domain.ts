const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";

/** A DNS domain of two labels or more, in lower case and without a dot at its end. */
export const domainPattern = new RegExp(`^(${label}\\.)+[a-z0-9-]+$`);

/** One that has resolvers of its own: that may be a single label, such as `lan`. */
export const resolvedDomainPattern = new RegExp(`^(${label}\\.)*${label}$`);
