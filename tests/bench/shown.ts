/**
 * From the moment in which a notification gets its name to the moment in which a terminal has it on
 * its screen: one at a time, to a chat that nobody types in.
 */
import { join } from "@std/path";
import { sleep } from "../../lib/sleep.ts";
import type { Pty } from "../support/pty.ts";
import { CONVERSATION, startChat } from "./chat_process.ts";
import { percentile, scaled, type Section } from "./figure.ts";

const SAMPLES = 60;
/** Longer than what comes together is gathered for, milliseconds. */
const APART_MS = 350;

export const shown: Section = {
  letter: "h",
  title: "Notification written → shown",
  async run({ root, rounds, scale, progress }) {
    const middle: number[] = [];
    const slowest: number[] = [];
    const samples = scaled(SAMPLES, scale, 3);
    for (let round = 1; round <= rounds; round++) {
      progress(`${samples} notifications shown, round ${round}`);
      const directory = join(root, `shown-${round}`, "persistent");
      Deno.mkdirSync(directory, { recursive: true });
      const times = (await once(directory, samples)).sort((a, b) => a - b);
      middle.push(percentile(times, 0.5));
      slowest.push(percentile(times, 0.99));
    }
    const name = "notification written → on the screen";
    return [
      { section: "h", name: `${name}, p50`, unit: "ms", values: middle },
      { section: "h", name: `${name}, p99`, unit: "ms", values: slowest, must: { most: 15 } },
    ];
  },
};

async function once(directory: string, samples: number): Promise<number[]> {
  await using chat = await startChat(directory);
  // The first one loads what shows it.
  await showOne(chat, directory, 0);
  const times: number[] = [];
  for (let number = 1; number <= samples; number++) {
    times.push(await showOne(chat, directory, number));
  }
  return times;
}

async function showOne(chat: Pty, directory: string, number: number): Promise<number> {
  await sleep(APART_MS);
  const task_id = `task-${number}`;
  const id = `${task_id}-completed`;
  const notification = {
    version: 1,
    id,
    conversation_id: CONVERSATION,
    task_id,
    event: "completed",
    title: `Title ${number}.`,
    message: "It rains in Oslo; take an umbrella.",
    created_at: new Date().toISOString(),
  };
  const temporary = join(directory, "tmp", id);
  Deno.writeTextFileSync(temporary, JSON.stringify(notification));
  const began = performance.now();
  Deno.renameSync(temporary, join(directory, "notifications", CONVERSATION, `${id}.json`));
  await chat.until(() => chat.raw.includes(`Title ${number}.`));
  return performance.now() - began;
}
