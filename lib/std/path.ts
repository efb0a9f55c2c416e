/** `@std/path` from `npm:deno-std`, typed; see lib/std/assert.ts for why. */
import * as std from "deno-std/path/mod.js";

export const SEPARATOR: string = std.SEPARATOR;
export const join: (path: string | URL, ...paths: string[]) => string = std.join;
export const resolve: (...paths: string[]) => string = std.resolve;
export const dirname: (path: string | URL) => string = std.dirname;
export const basename: (path: string | URL, suffix?: string) => string = std.basename;
export const extname: (path: string | URL) => string = std.extname;
export const relative: (from: string, to: string) => string = std.relative;
export const normalize: (path: string | URL) => string = std.normalize;
export const globToRegExp: (
  glob: string,
  options?: { extended?: boolean; globstar?: boolean; os?: "linux" | "darwin" | "windows" },
) => RegExp = std.globToRegExp;
export const isAbsolute: (path: string) => boolean = std.isAbsolute;
export const fromFileUrl: (url: string | URL) => string = std.fromFileUrl;
export const toFileUrl: (path: string) => URL = std.toFileUrl;
