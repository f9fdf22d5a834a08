/**
 * The command of a container with this boot script. The script is an argument, no file: to put one
 * into a container costs the engine as much as half a start. tini reaps what the machine's programs
 * leave and passes signals to all of them.
 */
export function bootCommand(script: string): string[] {
  return ["/usr/bin/tini", "-g", "--", "/bin/bash", "-c", script, "boot"];
}
