/**
 * What a fault does, as data: it is recorded on the machine that it changes, so that whoever comes next can show it,
 * do it again when the machine restarts, and undo it.
 */
export type FaultStep = ScriptStep | SettingStep | StateStep;

/** Whether a restarted machine gets it again, or a restart cures it. */
export type AtBoot = "again" | "cured";

/** Independent of all other faults: a table of rules of its own, a process that it stops. Both scripts are idempotent. */
export interface ScriptStep {
  kind: "script";
  node: string;
  /** Shell, run as root on the machine; `$FAULT` is the fault's id, fit for a table's name. */
  inject: string;
  clear: string;
  /** When the fault's steps on other machines are cleared. */
  clearsLast?: true;
  atBoot: AtBoot;
}

/**
 * One setting with one value: faults of the same setting of a machine override each other, in their order; when the
 * last is cleared the machine has the value of before the first.
 */
export interface SettingStep {
  kind: "setting";
  node: string;
  /** What is set: `sysctl net.ipv4.ip_forward`, `pref accept-routes`, `policy`. */
  setting: string;
  /** Shell that prints the present value. */
  read: string;
  /**
   * Shell that sets the value on its standard input; or a sysctl, which no program in a container may set: it is set
   * from beside it (lab/running/sysctl.ts), and a restarted container has its own again, so `atBoot` is `cured`.
   */
  write: string | { sysctl: string };
  /**
   * The value; or shell that makes it of the one before, which is on its standard input: several of them are done in
   * their order from the value of before the first, also when one of them is cleared.
   */
  value: string | { edit: string };
  atBoot: AtBoot;
}

/** The machine itself: not running, or standing still. */
export interface StateStep {
  kind: "state";
  node: string;
  state: "stopped" | "killed" | "paused";
}
