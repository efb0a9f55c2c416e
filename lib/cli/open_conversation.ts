/** Opens the conversation that the command line names. */
import type { Config } from "../config.ts";
import { Conversation } from "../conversation/conversation.ts";
import { newestConversation, SessionLog } from "../conversation/session_log.ts";
import type { ChatModel } from "../model/model.ts";
import { OFFLINE_NOTICE } from "../open_model.ts";
import type { Storage } from "../open_storage.ts";
import { newId } from "../task/id.ts";
import { NO_SERVICE } from "./no_service.ts";

/** Everything a chat works with. */
export interface ChatParts {
  readonly config: Config;
  readonly storage: Storage;
  readonly model: ChatModel;
}

/** Which conversation: one by its id, the newest, or a new one. */
export interface ConversationChoice {
  readonly conversation?: string | undefined;
  readonly newest: boolean;
}

/**
 * @throws {ConversationBusy} when another process has it open
 */
export async function openConversation(
  parts: ChatParts,
  choice: ConversationChoice,
): Promise<Conversation> {
  const { disk, flusher, layout, queue, artifacts, journals, presence } = parts.storage;
  const dir = layout.conversations;
  const newest = choice.newest ? await newestConversation(disk, dir) : undefined;
  const log = await SessionLog.open({
    disk,
    flusher,
    dir,
    conversation_id: choice.conversation ?? newest ?? newId(),
    pid: Deno.pid,
    now: Date.now,
  });
  const { model } = parts;
  return new Conversation({ log, model, queue, artifacts, journals, presence, now: Date.now });
}

/** What a person must know before the first word; one line each. */
export async function openingHints(
  conversation: Conversation,
  { config }: ChatParts,
): Promise<string[]> {
  return [
    ...(config.offline ? [OFFLINE_NOTICE] : []),
    ...(conversation.skipped > 0
      ? [`${conversation.skipped} unreadable lines of this conversation's log were skipped.`]
      : []),
    ...(await conversation.serviceRuns() ? [] : [NO_SERVICE]),
  ];
}
