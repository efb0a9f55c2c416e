/** The offline model in the conversation: a table of what it understands, tried in order. */
import { lookAfterTasks } from "./chat_tasks.ts";
import { offerBackground, schedule } from "./chat_schedule.ts";
import type { Reading } from "./reading.ts";
import type { Reply } from "./reply.ts";
import { NOT_UNDERSTOOD, smallTalk } from "./small_talk.ts";

type Intent = (reading: Reading, now: number) => Reply | undefined;

const INTENTS: readonly Intent[] = [
  (reading) => asText(smallTalk(reading.text)),
  schedule,
  lookAfterTasks,
  (reading) => asText(offerBackground(reading.text)),
];

/** @param now milliseconds since the epoch, for "at 15:00" */
export function chatReply(reading: Reading, now: number): Reply {
  for (const intent of INTENTS) {
    const reply = intent(reading, now);
    if (reply !== undefined) return reply;
  }
  return { text: NOT_UNDERSTOOD };
}

function asText(text: string | undefined): Reply | undefined {
  return text === undefined ? undefined : { text };
}
