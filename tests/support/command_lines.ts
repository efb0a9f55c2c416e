/** The command lines of all processes of this machine. */
export async function commandLines(): Promise<string> {
  const list = Deno.build.os === "linux" ? "cat /proc/[0-9]*/cmdline" : "ps -axww -o args=";
  const { stdout } = await new Deno.Command("sh", { args: ["-c", list] }).output();
  return new TextDecoder().decode(stdout);
}

/** Resolves when no command line holds the text; the test's own time limit is the bound. */
export async function noProcessWith(text: string): Promise<void> {
  while ((await commandLines()).includes(text)) { /* asking takes a moment itself */ }
}

/** Seconds for a `sleep` that no other process sleeps: found among all by them. */
export function uniqueSeconds(): string {
  return `60.${crypto.getRandomValues(new Uint32Array(1))[0]}`;
}
