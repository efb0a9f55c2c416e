/** Whether a program can be run on this machine, and ends well with these arguments. */
export async function isInstalled(program: string, ...args: readonly string[]): Promise<boolean> {
  try {
    const streams = { stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(program, { args: [...args], ...streams }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
