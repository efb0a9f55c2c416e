/** The offline model in the conversation: a table of what it understands, tried in order. */
import { lookAfterTasks, lookForTask } from "./chat_tasks.ts";
import { offerBackground, schedule, wasOffered } from "./chat_schedule.ts";
import type { Reading } from "./reading.ts";
import type { Reply } from "./reply.ts";
import { notUnderstood, smallTalk } from "./small_talk.ts";

type Intent = (reading: Reading, now: number) => Reply | undefined;

const INTENTS: readonly Intent[] = [
  (reading) => asText(smallTalk(reading.text)),
  schedule,
  lookAfterTasks,
  (reading) => asText(offerBackground(reading.text)),
  lookForTask,
];

const YES =
  /^(?:yes|yep|yeah|sure|ok|okay|please|go ahead|do (?:it|that|so)|start it)(?:[ ,]+(?:please|do|do it|do that|go ahead|start it))*[.!]*$/i;

/** @param now milliseconds since the epoch, for "at 15:00" */
export function chatReply(said: Reading, now: number): Reply {
  const reading = withConsent(said, now);
  for (const intent of INTENTS) {
    const reply = intent(reading, now);
    if (reply !== undefined) return reply;
  }
  return { text: notUnderstood(reading.answered) };
}

/** "Yes" to the offer of a background task means the task. */
function withConsent(reading: Reading, now: number): Reading {
  if (!YES.test(reading.text) || !wasOffered(reading.before, now)) return reading;
  const asked = reading.before.replace(/[?!.\s]+$/, "");
  return { ...reading, text: `${asked} in the background` };
}

function asText(text: string | undefined): Reply | undefined {
  return text === undefined ? undefined : { text };
}
