/** What is at a place, whichever kind it is, as a map that compares: nothing lost, nothing doubled. */
import { JsonError, parseObject } from "../../../lib/task/json.ts";

/** By its path in a directory of tasks, what each thing holds, in a form that compares. */
export type Contents = Map<string, string>;

/** A record as a text: fields in order, digits as they are. What is none is taken as bytes. */
export function canonical(bytes: Uint8Array): string {
  try {
    return JSON.stringify(sorted(parseObject(bytes)));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return digest(bytes);
  }
}

/** Bytes as a text: themselves where they are few, else their size and a sum. */
export function digest(bytes: Uint8Array): string {
  let sum = 0;
  for (const byte of bytes) sum = (sum * 31 + byte) >>> 0;
  return `${bytes.length} bytes, ${sum}`;
}

/** What of tasks is in a directory of them. */
export function contentsOfTree(root: string): Contents {
  const contents: Contents = new Map();
  for (const place of ["tasks", "journal", "artifacts", "notifications", "control"]) {
    for (const path of filesBelow(`${root}/${place}`)) {
      const name = path.slice(root.length + 1);
      contents.set(name, readable(name, Deno.readFileSync(path)));
    }
  }
  return contents;
}

function readable(name: string, bytes: Uint8Array): string {
  if (/\.json$|^control\/cancel\//.test(name)) return canonical(bytes);
  if (!name.endsWith(".jsonl")) return digest(bytes);
  // What is behind the last newline was never acknowledged, and counts for nobody.
  const text = new TextDecoder().decode(bytes);
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

function filesBelow(directory: string): string[] {
  let entries;
  try {
    entries = [...Deno.readDirSync(directory)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return entries.flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${directory}/${name}`) : [`${directory}/${name}`]
  );
}

const isRaw = (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON;

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || isRaw(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const fields = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  const copy = Object.create(null);
  for (const [name, field] of fields) copy[name] = sorted(field);
  return copy;
}
