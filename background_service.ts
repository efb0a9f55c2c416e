/** The background service: takes tasks, runs them, saves results, notifies. */
import { getLogger } from "@logtape/logtape";
import { errorLine, EXIT, exitCodeOf } from "./lib/cli/exit_code.ts";
import { configureLogging } from "./lib/cli/logging.ts";
import { parseServiceArgs } from "./lib/cli/parse_service_args.ts";
import { loadConfig, toolVariable } from "./lib/config.ts";
import { literal } from "./lib/literal.ts";
import { OFFLINE_NOTICE, openConfiguredModel } from "./lib/open_model.ts";
import { openServiceStorage } from "./lib/open_service_storage.ts";
import { printableConfig } from "./lib/printable_config.ts";
import { processesFor } from "./lib/sandbox/limits.ts";
import { openToolbox } from "./lib/sandbox/open_toolbox.ts";
import { reapToolProcess } from "./lib/sandbox/reaper.ts";
import { Service } from "./lib/service/service.ts";
import { listenToInput } from "./lib/service/listen_to_input.ts";
import { StopStages } from "./lib/service/stop_stages.ts";
import { newId } from "./lib/task/id.ts";

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseServiceArgs(args);
  if (parsed.kind === "help") {
    await Deno.stdout.write(new TextEncoder().encode(parsed.text));
    return EXIT.ok;
  }
  const config = loadConfig({ flags: parsed.flags });
  await configureLogging(config);
  const log = getLogger(["bts", "service"]);
  log.debug("configuration: {config}", { config: printableConfig(config) });
  if (config.offline) log.info(OFFLINE_NOTICE);
  // Before anything else: a signal that comes while the service starts must not be lost.
  const stop = new AbortController();
  const stages = new StopStages(() => stop.abort(), (code) => {
    log.warn("leaving at once: what runs stays as it is, and the next service takes it up");
    Deno.exit(code);
  });
  Deno.addSignalListener("SIGINT", () => stages.onSignal(EXIT.interrupted));
  Deno.addSignalListener("SIGTERM", () => stages.onSignal(EXIT.terminated));
  if (parsed.stop_with_stdin) void listenToInput(Deno.stdin.readable, stages);

  const owner = { service_id: newId(), pid: Deno.pid, host: Deno.hostname() };
  const storage = await openServiceStorage(config, owner, stop.signal);
  if (storage === undefined) return EXIT.ok;
  const toolbox = await openToolbox({
    tools_file: config.tools_file,
    persistent_dir: config.persistent_dir,
    environment: config.tool_environment,
    variable: toolVariable,
    limits: { processes_per_tool: processesFor(config.concurrency) },
    signal: stop.signal,
    info: (sentence) => log.info(literal(sentence)),
    warn: (sentence) => log.warn(literal(sentence)),
  });
  const service = new Service({
    ...storage,
    owner,
    toolbox,
    model: await openConfiguredModel(config, "background"),
    reap: reapToolProcess,
    durability: () => storage.flusher.failure,
  }, {
    concurrency: config.concurrency,
    drain: parsed.drain,
    grace_ms: parsed.grace_seconds * 1000,
  });
  await service.run(stop.signal).finally(() => storage.close());
  return EXIT.ok;
}

/** Runs the service, and ends this process with its exit code. */
export async function runService(args: readonly string[]): Promise<never> {
  try {
    Deno.exit(await main(args));
  } catch (error) {
    await Deno.stderr.write(new TextEncoder().encode(errorLine(error) + "\n"));
    Deno.exit(exitCodeOf(error));
  }
}

if (import.meta.main) await runService(Deno.args);
