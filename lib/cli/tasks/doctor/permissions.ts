/** Who else may look into the directory. */
import type { Layout } from "../../../disk/layout.ts";
import { type Finding, findingsOf, named } from "./finding.ts";

const { ok, look, bad } = findingsOf("permissions");
/** What others and the group may. */
const OTHERS = 0o077;

/**
 * Where nobody else gets through the root, what lies below it is safe whatever its own mode says:
 * a producer's file may well have come with other ones.
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
  if (root.mode === null || (root.mode & OTHERS) === 0) {
    return owner.length > 0 ? owner : [ok("Only you can look into the directory")];
  }
  const open = layout.directories().filter((path) => isOpen(path));
  return [
    ...owner,
    look(
      `Others can look into "${layout.root}" (mode ${octal(root.mode)}), and into ` +
        `${open.length - 1} directories below it (${named(open.slice(1).map(lastOf))}): ` +
        `chmod -R go-rwx "${layout.root}"`,
    ),
  ];
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
