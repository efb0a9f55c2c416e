/** Fits a value to the name that a tool's schema gives it. */
import type { OfferedTool } from "./reading.ts";

/**
 * The name under which a tool takes a value.
 *
 * @param likely names in order of preference; the first of them where the schema knows none
 */
export function argumentName(tool: OfferedTool | undefined, likely: readonly string[]): string {
  const first = likely[0] ?? "input";
  if (tool === undefined) return first;
  const known = likely.find((name) => Object.hasOwn(tool.properties, name));
  return known ?? tool.required[0] ?? Object.keys(tool.properties)[0] ?? first;
}
