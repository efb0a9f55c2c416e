/**
 * What `deno compile` has put into a binary, read from the binary itself.
 *
 * Deno 2.9 appends one section: its mark twice, then its parts, each behind its length in eight
 * bytes: metadata (JSON), packages, modules from the network, the tree of files (JSON), their bytes.
 */
import { dirname, join } from "@std/path";
import { PROJECT } from "./program.ts";

/** One file in a binary. */
interface EmbeddedFile {
  readonly text: () => string;
  /** Whether what V8 runs is there too: TypeScript alone cannot be run by a binary. */
  readonly transpiled: boolean;
}

/** A binary's contents. */
export interface Binary {
  /** By their path: from the project's directory, or below `NODE_MODULES`. */
  readonly files: ReadonlyMap<string, EmbeddedFile>;
  readonly entry: string;
  /** Whether it keeps compiled code in the directory of temporary files. */
  readonly cachesCode: boolean;
  /** Unstable features of Deno that are on. */
  readonly features: readonly string[];
  /** The import map's imports. */
  readonly imports: Readonly<Record<string, string>>;
  /** By kind, as `--allow-…` was given: `null` for nothing, `[]` for all. */
  readonly permissions: Readonly<Record<string, readonly string[] | null | boolean>>;
}

/** Where a binary has the files of packages: here, by name and version. */
export const NODE_MODULES = ".deno_compile_node_modules/localhost";

interface Entry {
  readonly File?: { readonly n: string; readonly o: [number, number]; readonly m?: unknown };
  readonly Dir?: { readonly n: string; readonly e: readonly Entry[] };
}

/** Reads a binary. */
export function readBinary(path: string): Binary {
  const section = new Section(Deno.readFileSync(path));
  const metadata = JSON.parse(section.text(section.part()));
  section.part();
  section.skipRemoteModules();
  const tree: readonly Entry[] = JSON.parse(section.text(section.part()));
  const data = section.part();
  const files = new Map<string, EmbeddedFile>();
  const walk = (entries: readonly Entry[], directory: string) => {
    for (const { File: file, Dir: dir } of entries) {
      if (dir !== undefined) walk(dir.e, `${directory}${dir.n}/`);
      if (file === undefined) continue;
      const [offset, length] = file.o;
      const text = () => section.text(data.subarray(offset, offset + length));
      files.set(directory + file.n, { text, transpiled: file.m !== undefined });
    }
  };
  walk(tree, "");
  return {
    files,
    entry: metadata.entrypoint_key,
    cachesCode: metadata.code_cache_key !== null,
    features: metadata.unstable_config.features,
    imports: JSON.parse(metadata.workspace_resolver.import_map.json).imports,
    permissions: metadata.permissions,
  };
}

/**
 * Writes the project's own files in a binary to a directory, with a deno.json to run them by. What a
 * binary says of versions of packages is read from the project's lock file instead.
 */
export async function extract(binary: Binary, directory: string): Promise<void> {
  for (const [path, file] of binary.files) {
    if (path.startsWith(NODE_MODULES)) continue;
    await Deno.mkdir(dirname(join(directory, path)), { recursive: true });
    await Deno.writeTextFile(join(directory, path), file.text());
  }
  await Deno.copyFile(join(PROJECT, "deno.lock"), join(directory, "deno.lock"));
  const config = { imports: binary.imports, unstable: binary.features };
  await Deno.writeTextFile(join(directory, "deno.json"), JSON.stringify(config));
}

/** Deno's section of a binary, read part by part. */
class Section {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    // The mark stands in Deno's own code too, but there never twice with a part behind it.
    const mark = new TextEncoder().encode("d3n0l4ndd3n0l4nd");
    this.#at = lastIndexOf(bytes, mark) + mark.length;
  }

  part(): Uint8Array {
    const length = Number(new DataView(this.#bytes.buffer, this.#at).getBigUint64(0, true));
    const from = this.#at + 8;
    this.#at = from + length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** Three counts of 32 bits: this project loads nothing from the network, so each is zero. */
  skipRemoteModules(): void {
    const view = new DataView(this.#bytes.buffer, this.#at);
    if ([0, 4, 8].some((at) => view.getUint32(at, true) !== 0)) {
      throw new Error("the binary has modules from the network, which this reader does not know");
    }
    this.#at += 12;
  }

  text(bytes: Uint8Array): string {
    return new TextDecoder().decode(bytes);
  }
}

function lastIndexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (
    let at = bytes.lastIndexOf(wanted[0]!);
    at >= 0;
    at = bytes.lastIndexOf(wanted[0]!, at - 1)
  ) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  throw new Error("this is no binary that deno compile made");
}
