/** The completion scripts in real shells, with keys as a person types them. */
import { join } from "@std/path";
import { denoArgs, PROJECT } from "../support/program.ts";
import { Pty } from "../support/pty.ts";
import { Scene } from "../support/scene.ts";

interface Shell {
  readonly name: string;
  /** Starts it without anybody's own settings. */
  readonly command: readonly string[];
  /** Defines the command and loads the script. */
  readonly setUp: (call: string) => string;
}

const SHELLS: readonly Shell[] = [
  {
    name: "bash",
    command: ["bash", "--norc", "--noprofile", "-i"],
    setUp: (call) => `tasks() { ${call} "$@"; }; eval "$(tasks completions bash)"`,
  },
  {
    name: "zsh",
    command: ["zsh", "-f", "-i"],
    setUp: (call) => `tasks() { ${call} "$@"; }; eval "$(tasks completions zsh)"`,
  },
  {
    name: "fish",
    command: ["fish", "--no-config", "-i"],
    setUp: (call) => `function tasks; ${call} $argv; end; tasks completions fish | source`,
  },
];

/** What is typed, a tab last, and what is on the line then. */
const LINES: readonly (readonly [typed: string, completed: string])[] = [
  ["tasks sho", "tasks show "],
  ["tasks show sum", "tasks show sum-1 "],
  // An id's end, as notifications show it.
  ["tasks show PR0SJ6", "tasks show 01M81N3RZ8KP1NFHDM21PR0SJ6 "],
  ["tasks retry 01M8", "tasks retry 01M81N3RZ8KP1NFHDM21PBBBB2 "],
  ["tasks prune --older", "tasks prune --older-than"],
  ["tasks list --state fai", "tasks list --state failed"],
  ["tasks completions fi", "tasks completions fish "],
];

function isThere(shell: string): boolean {
  const { success } = new Deno.Command("sh", { args: ["-c", `command -v ${shell}`] }).outputSync();
  return success;
}

for (const { name, command, setUp } of SHELLS) {
  Deno.test({
    name: `${name} completes subcommands, flags, their values and ids${
      isThere(name) ? "" : ` (skipped: no ${name} here)`
    }`,
    ignore: !isThere(name),
    fn: async () => {
      await using scene = await Scene.open();
      const states = { completed: "sum-1", pending: "01M81N3RZ8KP1NFHDM21PR0SJ6" };
      for (
        const [state, id] of Object.entries({ ...states, failed: "01M81N3RZ8KP1NFHDM21PBBBB2" })
      ) {
        Deno.mkdirSync(scene.path(`tasks/${state}`), { recursive: true });
        Deno.writeTextFileSync(scene.path(`tasks/${state}/${id}.json`), "{}");
      }
      // The shell may write into its home; deno finds its packages from the real one.
      const home = `HOME=${Deno.env.get("HOME") ?? scene.root}`;
      const call = ["env", home, "deno", ...denoArgs("tasks")].join(" ");
      await using pty = new Pty({
        command,
        cwd: PROJECT,
        columns: 100,
        rows: 50,
        env: { PERSISTENT_DIR: scene.directory, HOME: scene.root, PS1: "$ ", NO_COLOR: "1" },
      });
      await Deno.writeTextFile(join(scene.root, "set_up"), setUp(call) + "\n");
      await pty.type(`. ${join(scene.root, "set_up")}; echo set-up-is-do'ne'\n`);
      await pty.until("set-up-is-done");
      for (const [typed, completed] of LINES) {
        await pty.type(`${typed}\t`);
        await pty.until((screen) => screen.some((line) => `${line} `.includes(completed)));
        // Away with the line: the next one begins anew.
        await pty.type("\x15");
      }
    },
  });
}
