/** From the flags of a tool's process to the same permissions for a worker. */

/** Every kind that Deno has: of one that is left out, a worker would get all that its process has. */
const KINDS = ["net", "read", "write", "env", "run", "sys", "ffi", "import"] as const;

type Kind = typeof KINDS[number];

/** For each kind the items, `true` for all, `false` for none. */
export type WorkerPermissions = { readonly [kind in Kind]: readonly string[] | boolean };

/**
 * What the flags `--allow-…` give, and nothing else.
 *
 * @throws {TypeError} for a flag that {@linkcode isForWorkers} does not take
 */
export function workerPermissions(flags: readonly string[]): WorkerPermissions {
  const given: Partial<Record<Kind, readonly string[] | true>> = {};
  for (const flag of flags) {
    const [kind, items] = partsOf(flag);
    if (!isKind(kind)) throw new TypeError(`A worker cannot be held to "${flag}".`);
    given[kind] = items === undefined ? true : itemsOf(items);
  }
  return Object.fromEntries(KINDS.map((kind) => [kind, given[kind] ?? false])) as WorkerPermissions;
}

/** Whether a worker can be held to a flag: it has no word for what is denied. */
export function isForWorkers(flag: string): boolean {
  return isKind(partsOf(flag)[0]);
}

function partsOf(flag: string): [kind: string | undefined, items: string | undefined] {
  const [, kind, items] = flag.match(/^--allow-([a-z]+)(?:=(.*))?$/s) ?? [];
  return [kind, items];
}

function isKind(name: string | undefined): name is Kind {
  return KINDS.some((kind) => kind === name);
}

// A comma that belongs to a path is written twice.
function itemsOf(text: string): string[] {
  return text.replaceAll(",,", "\0").split(",").map((item) => item.replaceAll("\0", ","));
}
