/** The real chat in a pseudo-terminal, in a directory that nobody removes. */
import { denoArgs, PROJECT } from "../support/program.ts";
import { Pty } from "../support/pty.ts";

/** Of the conversation that is opened. */
export const CONVERSATION = "bench";

/** Starts the chat as `deno task main` does; resolves once one can type. */
export async function startChat(directory: string): Promise<Pty> {
  const pty = new Pty({
    command: ["deno", ...denoArgs("main"), "--dir", directory, "--conversation", CONVERSATION],
    cwd: PROJECT,
    // Asked nothing, so it need not be there. Empty: what a developer's .env says does not count.
    env: { OPENAI_BASE_URL: "http://127.0.0.1:9/v1", OPENAI_API_KEY: "", NO_COLOR: "1" },
  });
  try {
    await pty.until((screen) => screen.at(-1) === ">");
    return pty;
  } catch (error) {
    await pty[Symbol.asyncDispose]();
    throw error;
  }
}
