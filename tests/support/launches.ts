/** Both ways to start tool processes, for tests that hold for each of them. */
import { join } from "@std/path";
import { SERVICE_BINARY } from "../../lib/build/programs.ts";
import type { Launch } from "../../lib/sandbox/launch.ts";
import { PROJECT } from "./program.ts";

/**
 * By what the tests' names say. A binary starts itself; here that is `deno` on the very file that
 * the binary is made of, with the rights that it is compiled with, and like it without a network to
 * load packages from.
 */
export const LAUNCHES: Readonly<Record<string, Launch>> = {
  "": { kind: "deno" },
  " (in a binary)": {
    kind: "self",
    program: "deno",
    args: [
      "run",
      "--quiet",
      "--cached-only",
      ...SERVICE_BINARY.flags,
      join(PROJECT, SERVICE_BINARY.entry),
    ],
    env: {},
  },
};
