/**
 * What a binary does where it was started by itself: it is a tool's process, or the helper that ends
 * one.
 */
import { CHILD_ROLES } from "./launch.ts";
import { reapFromInput } from "./reap_process.ts";
import { watch } from "./watchdog.ts";
import type { WorkerPermissions } from "./worker_permissions.ts";

/**
 * Plays the role that the arguments name. A tool's role goes on until its process ends.
 *
 * @returns false when they name none
 */
export async function runAsChild(args: readonly string[]): Promise<boolean> {
  const [role, permissions = ""] = args;
  if (role === CHILD_ROLES.reaper) await reapFromInput();
  else if (role === CHILD_ROLES.tool) startTool(JSON.parse(permissions));
  else return false;
  return true;
}

// This thread has every right of the service, and runs no code but this. The tool has a thread that
// has only its own; what it does to the process it does to itself, for that is the tool's too.
function startTool(permissions: WorkerPermissions): void {
  const worker = new Worker(new URL("./tool_host.ts", import.meta.url), {
    type: "module",
    name: "tool",
    deno: { permissions: permissions as Deno.PermissionOptionsObject },
  });
  const meet = ({ ports: [port] }: MessageEvent) => port === undefined || watch(port);
  // The first message is the host's, before it has loaded the tool; any later one is the tool's.
  worker.addEventListener("message", meet, { once: true });
}
