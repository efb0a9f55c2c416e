/** The part of a file name before `.json`; `undefined` for names that are not looked at. */
export function stemOf(name: string): string | undefined {
  return name.endsWith(".json") && !name.startsWith(".") ? name.slice(0, -5) : undefined;
}
