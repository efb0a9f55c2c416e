/** Makes sure that the tool processes of a dead service are gone. */
import { type Launch, ownLaunch } from "./launch.ts";
import { reaperCommand } from "./tool_command.ts";
import type { ToolProcessInfo } from "./toolbox.ts";

/**
 * Ends the tool process that a service started under this pid, with all of its process group and, on
 * Linux, every program that it has started, and resolves once they are gone. A process that does not carry the instance token in its command line
 * is another one that got the same pid: it is left alone.
 *
 * A service may neither read `/proc` nor signal what is no child of its own, so a helper process
 * does it. Needs `--allow-run=deno`.
 *
 * @throws {Error} when the helper cannot be started, or could not end the process
 */
export async function reapToolProcess(
  process: Pick<ToolProcessInfo, "pid" | "instance">,
  launch: Launch = ownLaunch(),
): Promise<void> {
  const { program, args, env } = reaperCommand(launch);
  const child = new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    detached: true,
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const { pid, instance } = process;
  await writer.write(new TextEncoder().encode(JSON.stringify({ pid, instance }))).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stderr } = await child.output();
  if (success) return;
  const said = new TextDecoder().decode(stderr).trim();
  throw new Error(`Cannot end the tool process ${pid} of a service that is gone: ${said}`);
}
