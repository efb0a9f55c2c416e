/**
 * The functions of `@std/fs` that this project uses, over Deno's own calls: same names, same
 * behaviour. (`npm:deno-std` has no `fs`.) deno.json's import map decides whether this file or
 * `jsr:@std/fs` is used.
 */

/**
 * Makes a directory and its parents unless it is there.
 *
 * @throws {Error} when the path is there and is no directory.
 */
export async function ensureDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}

/** The synchronous form of {@linkcode ensureDir}. */
export function ensureDirSync(dir: string | URL): void {
  Deno.mkdirSync(dir, { recursive: true });
}

/** Options of {@linkcode exists}. */
export interface ExistsOptions {
  /** Only true for a directory. Default false. */
  readonly isDirectory?: boolean;
  /** Only true for a regular file. Default false. */
  readonly isFile?: boolean;
}

/** Whether a path is there (links followed). */
export async function exists(path: string | URL, options: ExistsOptions = {}): Promise<boolean> {
  try {
    const info = await Deno.stat(path);
    if (options.isDirectory) return info.isDirectory;
    if (options.isFile) return info.isFile;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The synchronous form of {@linkcode exists}. */
export function existsSync(path: string | URL, options: ExistsOptions = {}): boolean {
  try {
    const info = Deno.statSync(path);
    if (options.isDirectory) return info.isDirectory;
    if (options.isFile) return info.isFile;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
