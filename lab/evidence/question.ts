/** What a user asks: why can't `from` reach this, or resolve that. */
export interface Question {
  /** The machine that tries. */
  from: string;
  /** A machine's name, an address, or a DNS name. Absent: only `from` is asked about. */
  to?: string;
  port?: number;
  protocol: "tcp" | "udp";
}
