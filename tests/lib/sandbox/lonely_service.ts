/** A service for reaper_test.ts: calls the tool "stays" and prints which process that runs in. */
import { join } from "@std/path";
import { openToolbox } from "../../../lib/sandbox/open_toolbox.ts";

const [directory = "."] = Deno.args;
const toolbox = await openToolbox({
  tools_directory: join(directory, "tools"),
  tools_file: join(directory, "tools.json"),
  persistent_dir: join(directory, "persistent"),
  environment: Deno.env.toObject(),
});
let line = "";
await toolbox.call({
  name: "stays",
  args: {},
  task_id: "task1",
  conversation_id: "conversation1",
  idempotency_key: "task1/1/1",
  signal: new AbortController().signal,
  onStarted: (process) => void (line = JSON.stringify(process) + "\n"),
  // The tool makes an artifact and goes straight on to what it does then.
  onArtifact: (name) => {
    Deno.stdout.writeSync(new TextEncoder().encode(line));
    return Promise.resolve(name);
  },
});
