/** Ends the service in two stages: it may finish its steps, unless the person cannot wait. */
import type { Storage } from "../../open_storage.ts";
import { sleep } from "../../sleep.ts";
import type { Task } from "../../task/record.ts";
import { EXIT } from "../exit_code.ts";
import type { Interrupts } from "../interrupts.ts";
import { sanitizeLine } from "../sanitize.ts";
import type { Terminal } from "../terminal.ts";
import type { OwnService } from "./own_service.ts";

/** A stop that takes no longer is not worth a word, in milliseconds. */
const SILENT_MS = 1000;
/** How long a service that was told to leave at once may take for it, in milliseconds. */
const LEAVING_MS = 2000;
const AGAIN = "Ctrl-C again leaves at once";

/** What stopping needs. */
export interface StopContext {
  readonly storage: Storage;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  /** Aborted with an exit code when the process is told to end: during the stop, to hurry. */
  readonly ending: AbortSignal;
}

/** Resolves when it is gone. Says what it waits for, and what waits for the next service. */
export async function stopService(service: OwnService, context: StopContext): Promise<void> {
  const { interrupts, ending } = context;
  const say = (text: string) => sayIfSomebodyListens(context.terminal, text);
  const gone = new AbortController();
  const ended = service.ended.then(() => gone.abort());
  service.signal();
  const left = Promise.withResolvers<"left">();
  const leave = () => left.resolve("left");
  interrupts.handle(leave);
  // A terminal that is closed ends the chat too, and its signal may come late.
  const hurry = () => ending.reason === EXIT.hungUp || leave();
  ending.addEventListener("abort", hurry, { once: true });
  void explain(context.storage, say, gone.signal);
  if (await Promise.race([ended, left.promise]) === "left") {
    service.signal();
    say("Leaving at once: what runs stays as it is, and the next service takes it up.");
    const timer = setTimeout(() => service.kill(), LEAVING_MS);
    await ended;
    clearTimeout(timer);
  }
  ending.removeEventListener("abort", hurry);
  say(await whatIsLeft(context.storage));
}

async function explain(
  storage: Storage,
  say: (text: string) => void,
  gone: AbortSignal,
): Promise<void> {
  const running = await storage.queue.list({ states: ["running"], limit: 100 }).catch(() => []);
  if (running.length === 0) await sleep(SILENT_MS, gone);
  if (gone.aborted) return;
  const steps = running.length === 0 ? "" : `: ${namesOf(running)} to the next finished step`;
  say(`Stopping the background service${steps} (${AGAIN})…`);
}

function namesOf(tasks: readonly Task[]): string {
  const [first, second, ...more] = tasks.map(({ record }) => `"${sanitizeLine(record.title)}"`);
  if (second === undefined) return `${first} goes on`;
  if (more.length === 0) return `${first} and ${second} go on`;
  return `${first}, ${second} and ${more.length} more go on`;
}

// The chat leaves it to this: only now it is known what has not ended.
async function whatIsLeft({ queue }: Storage): Promise<string> {
  try {
    const { running, due, retrying, scheduled } = await queue.outstanding();
    const count = running + due + retrying + scheduled;
    if (count === 0) return "";
    return `${count} ${count === 1 ? "task waits" : "tasks wait"} until a service runs again.`;
  } catch {
    return "";
  }
}

function sayIfSomebodyListens(terminal: Terminal, text: string): void {
  try {
    if (text !== "") terminal.err(`${text}\n`);
  } catch {
    // The terminal is gone: that may be why this is the end.
  }
}
