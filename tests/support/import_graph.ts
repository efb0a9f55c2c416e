import { dirname, join, relative } from "@std/path";

/** One source file: its path from the root, its text without comments, and what it imports. */
export interface SourceFile {
  readonly path: string;
  readonly code: string;
  /** Paths from the root for relative imports, the bare specifier for all others. */
  readonly imports: readonly string[];
}

const IMPORT = /(?:^|[^.\w])(?:import|export)\s*(?:[\w*{}\s,$]*?\sfrom\s*)?["']([^"'\n]+)["']/g;
const DYNAMIC = /[^.\w]import\(\s*["']([^"'\n]+)["']/g;

/** Every TypeScript file under the given files and folders, sorted by path. */
export function readSources(root: string, places: readonly string[]): SourceFile[] {
  const paths = places.flatMap((place) => filesUnder(join(root, place)));
  return paths.sort().map((path) => readSource(root, path));
}

function filesUnder(path: string): string[] {
  if (Deno.statSync(path).isFile) return [path];
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) => {
    const child = join(path, name);
    if (isDirectory) return filesUnder(child);
    return name.endsWith(".ts") ? [child] : [];
  });
}

function readSource(root: string, path: string): SourceFile {
  const code = withoutComments(Deno.readTextFileSync(path));
  const specifiers = [...code.matchAll(IMPORT), ...code.matchAll(DYNAMIC)].map((m) => m[1] ?? "");
  const imports = specifiers.map((specifier) =>
    specifier.startsWith(".") ? relative(root, join(dirname(path), specifier)) : specifier
  );
  return { path: relative(root, path), code, imports: [...new Set(imports)].sort() };
}

const TEXT_OR_COMMENT =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/.*|\/\*[\s\S]*?\*\//g;

// Texts are stepped over, so that an address in one of them begins no comment.
function withoutComments(text: string): string {
  return text.replace(TEXT_OR_COMMENT, (_, kept: string | undefined) => kept ?? "");
}

/** The paths of all files that some files import, over however many others; those themselves too. */
export function reachableFrom(
  entries: readonly string[],
  files: readonly SourceFile[],
): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found = new Set(entries);
  for (const path of found) byPath.get(path)?.imports.forEach((name) => found.add(name));
  return found;
}

/** The files of one import cycle in their order; `undefined` when there is none. */
export function findCycle(files: readonly SourceFile[]): string[] | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    const at = trail.indexOf(path);
    if (at >= 0) return [...trail.slice(at), path];
    if (done.has(path)) return undefined;
    for (const next of byPath.get(path)?.imports ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of files) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
