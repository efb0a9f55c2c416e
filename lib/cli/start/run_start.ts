/** The chat with a service beside it. */
import { getLogger } from "@logtape/logtape";
import { type Config, loadConfig } from "../../config.ts";
import { literal } from "../../literal.ts";
import { openStorage, type Storage } from "../../open_storage.ts";
import { newId } from "../../task/id.ts";
import { EXIT } from "../exit_code.ts";
import type { Interrupts } from "../interrupts.ts";
import { type ChatCommand, parseStartArgs } from "../parse_main_args.ts";
import { runMain } from "../run_main.ts";
import { sanitizeLine } from "../sanitize.ts";
import { ProcessTerminal, type Terminal } from "../terminal.ts";
import { type Ended, OwnService } from "./own_service.ts";
import { ServiceLog } from "./service_log.ts";
import { stopService } from "./stop_service.ts";

/** What a session of both is made of. */
interface Session {
  readonly config: Config;
  readonly storage: Storage;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  /** Aborted with an exit code when the process is told to end. */
  readonly ending: AbortSignal;
  /** A person sits there, and not a script. */
  readonly isTalk: boolean;
}

/**
 * Runs the chat, and a service for as long as that takes; where one works on the same tasks already,
 * that one is used, and left running.
 *
 * @param args main's own
 * @returns the chat's exit code
 * @throws {Error} what is to be told in a line: a wrong use or configuration
 */
export async function runStart(
  args: readonly string[],
  interrupts: Interrupts,
  ending: AbortSignal,
): Promise<number> {
  const terminal = new ProcessTerminal(false);
  const command = parseStartArgs(args);
  if (command.kind === "help") {
    terminal.out(command.text);
    return EXIT.ok;
  }
  // The log is a file that people open.
  const config = loadConfig({ flags: { dir: command.dir }, log_to_terminal: true });
  const owner = { service_id: `start-${newId()}`, pid: Deno.pid, host: "localhost" };
  const storage = await openStorage(config, owner);
  const isTalk = isTalkAtTerminal(command);
  try {
    const session = { config, storage, terminal, interrupts, ending, isTalk };
    return await withService(session, (ends_service) => {
      return untilEnd(runMain(args, interrupts, { ending, ends_service, storage }), ending);
    });
  } finally {
    await storage.close();
  }
}

async function withService(
  session: Session,
  chat: (ends_service: boolean) => Promise<number>,
): Promise<number> {
  const { config, storage, terminal, isTalk } = session;
  const [other] = await storage.presence.live();
  if (other !== undefined) {
    giveUpStarting();
    const where = `process ${other.pid} on ${sanitizeLine(other.host)}`;
    if (isTalk) terminal.err(`Using the background service that runs (${where}).\n`);
    return await chat(false);
  }
  const log = await ServiceLog.open(storage);
  const service = new OwnService(config, log);
  giveUpStarting();
  try {
    if (isTalk) terminal.err(`A background service runs beside this chat; its log: ${log.path}\n`);
    const started = await isStarted(service, session);
    if (started !== true) return started;
    void service.ended.then(({ how }) => service.isAsked || tellOfItsEnd(how, log));
    return await chat(true);
  } finally {
    await stopService(service, session);
  }
}

// What is left of this process is the chat, which may start nothing.
function giveUpStarting(): void {
  Deno.permissions.revokeSync({ name: "run" });
}

/** True, or the exit code that the wait for the service ended with. */
async function isStarted(
  service: OwnService,
  { storage, terminal, interrupts, ending }: Session,
): Promise<true | number> {
  const left = Promise.withResolvers<number>();
  interrupts.handle(() => left.resolve(EXIT.interrupted));
  const outcome = await untilEnd(Promise.race([service.announced(storage), left.promise]), ending);
  if (outcome !== false) return outcome;
  return sayItIsNotComing(await service.ended, service.log, terminal);
}

function sayItIsNotComing(ended: Ended, log: ServiceLog, terminal: Terminal): number {
  const why = sanitizeLine(log.lastLine.replace(/^error: /, "") || ended.how);
  const end = /[.!?]$/.test(why) ? "" : ".";
  terminal.err(`error: The background service did not start: ${why}${end} Its log: ${log.path}\n`);
  return ended.code === EXIT.config ? EXIT.config : EXIT.failed;
}

// Told by the chat, which knows where on the screen there is room.
function tellOfItsEnd(how: string, log: ServiceLog): void {
  const last = log.lastLine === "" ? "" : ` Its last words: ${log.lastLine}`;
  getLogger(["bts", "start"]).warn(literal(
    `the background service has ended (${how}); tasks wait until one runs again (deno task ` +
      `background). Its log: ${log.path}${last}`,
  ));
}

async function untilEnd<T>(work: Promise<T>, ending: AbortSignal): Promise<T | number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const end = () => resolve(Number(ending.reason));
  if (ending.aborted) end();
  ending.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    ending.removeEventListener("abort", end);
  }
}

function isTalkAtTerminal({ message, json, wait }: ChatCommand): boolean {
  return message === undefined && !json && wait === undefined && Deno.stdin.isTerminal();
}
