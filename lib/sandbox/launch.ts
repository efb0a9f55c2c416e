/** With what the service starts the processes of its tools: `deno`, or in a binary itself. */
import { dirname, fromFileUrl } from "@std/path";

/** As what a binary is started again: its first argument, which no person types. */
export const CHILD_ROLES = { tool: "--tool-process", reaper: "--reap-process" } as const;

/** Which program is started, and how it comes to its role. */
export type Launch =
  /** `deno` by its name, on the files of this project. */
  | { readonly kind: "deno" }
  /** This very program, with a role as its argument after these ones. */
  | {
    readonly kind: "self";
    readonly program: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };

/** The way of this process. Needs `--allow-read` in a binary. */
export function ownLaunch(): Launch {
  if (!Deno.build.standalone) return { kind: "deno" };
  // A binary's files appear below the directory of temporary files, as its own process sees it: with
  // another one it would have other names for them than the service.
  const files = dirname(dirname(dirname(fromFileUrl(import.meta.url))));
  return { kind: "self", program: Deno.execPath(), args: [], env: { TMPDIR: dirname(files) } };
}
