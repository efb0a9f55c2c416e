/** What modules need to run, as `deno info` tells it. */
import { join, relative, toFileUrl } from "@std/path";
import { PROJECT } from "./program.ts";

/** Files that modules and what they import are made of. */
export interface ModuleGraph {
  /** The project's own files, by their path from its directory. */
  readonly files: readonly string[];
  /** The packages: name, version, and the directory in which they lie on this machine. */
  readonly packages: readonly { name: string; version: string; directory: string }[];
}

interface Module {
  readonly specifier: string;
  readonly local?: string;
  readonly npmPackage?: string;
  /** An import of types only has no `code`: nothing of it is left when it runs. */
  readonly dependencies?: readonly { readonly code?: { readonly specifier: string } }[];
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly localPath: string;
}

interface Info {
  readonly modules: readonly Module[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly npmPackages: Readonly<Record<string, Package>>;
}

/** The graph of one module, a path from the project's directory. */
export async function moduleGraph(entry: string): Promise<ModuleGraph> {
  const { stdout } = await new Deno.Command("deno", {
    args: ["info", "--lock=lib/redis/deno.lock", "--json", "--quiet", entry],
    cwd: PROJECT,
    stderr: "null",
  }).output();
  const info: Info = JSON.parse(new TextDecoder().decode(stdout));
  const root = toFileUrl(join(PROJECT, entry)).href;
  const bySpecifier = new Map(info.modules.map((module) => [module.specifier, module]));
  const modules = reachable([root], (specifier) =>
    (bySpecifier.get(specifier)?.dependencies ?? [])
      .flatMap(({ code }) => code === undefined ? [] : [code.specifier])
      .map((found) => info.redirects[found] ?? found))
    .flatMap((specifier) => bySpecifier.get(specifier) ?? []);
  const packages = reachable(
    modules.flatMap(({ npmPackage }) => npmPackage ?? []),
    (id) => info.npmPackages[id]?.dependencies ?? [],
  );
  return {
    files: modules.flatMap(({ local }) => local === undefined ? [] : [relative(PROJECT, local)]),
    packages: packages.flatMap((id) => info.npmPackages[id] ?? [])
      .map(({ name, version, localPath }) => ({ name, version, directory: localPath })),
  };
}

function reachable(roots: readonly string[], next: (id: string) => readonly string[]): string[] {
  const found = new Set(roots);
  for (const id of found) next(id).forEach((other) => found.add(other));
  return [...found];
}
