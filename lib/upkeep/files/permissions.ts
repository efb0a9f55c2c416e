/** Who else may look into the directory. */
import type { Layout } from "../../disk/layout.ts";
import { type Finding, findingsOf, named } from "../finding.ts";

const { ok, look, bad } = findingsOf("permissions");
/** What others and the group may. */
const OTHERS = 0o077;
const WRITE = 0o022;

/**
 * Where nobody else gets through the root, what lies below it is safe whatever its own mode says:
 * a producer's file may well have come with other ones. A root that others may look into, as a clone
 * of the project has it, shows them the names of its directories and no more.
 *
 * @param uid who this process is; `undefined` where that could not be found out
 */
export function checkPermissions(layout: Layout, uid: number | undefined): Finding[] {
  const root = Deno.statSync(layout.root);
  const owner = uid === undefined || root.uid === null || root.uid === uid ? [] : [
    bad(
      `"${layout.root}" belongs to another user (uid ${root.uid}, this is ${uid}): run the ` +
        "programs as that one, or give the directory away with chown -R",
    ),
  ];
  const problem = whatIsOpen(layout, root.mode ?? 0);
  if (problem !== undefined) return [...owner, look(problem)];
  return owner.length > 0 ? owner : [ok("Only you can look into what the directory holds")];
}

function whatIsOpen(layout: Layout, mode: number): string | undefined {
  const { root } = layout;
  const mend = `chmod -R go-rwx "${root}"`;
  if ((mode & OTHERS) === 0) return undefined;
  if ((mode & WRITE) !== 0) return `Others can write into "${root}" (mode ${octal(mode)}): ${mend}`;
  const open = layout.directories().filter((path) => path !== root && isOpen(path));
  if (open.length === 0) return undefined;
  return `Others can look into "${root}" (mode ${octal(mode)}), and below it into ` +
    `${named(open.map(lastOf))}: ${mend}`;
}

function isOpen(path: string): boolean {
  return ((Deno.lstatSync(path).mode ?? 0) & OTHERS) !== 0;
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
