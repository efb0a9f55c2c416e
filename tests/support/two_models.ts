/** Scripts for a model server that both programs ask, told apart by their models' names. */
import type { RecordedRequest, Reply, RequestMessage } from "./model_server.ts";

/** The variables that give each program a model of its own on one server. */
export function twoModels(base_url: string): Record<string, string> {
  return { OPENAI_BASE_URL: base_url, MAIN_MODEL: "chat", BACKGROUND_MODEL: "worker" };
}

type Answer = (request: RecordedRequest) => Reply | Promise<Reply>;

/** A script in which the chat and the worker have a part each. */
export function parts(roles: { readonly chat?: Answer; readonly worker: Answer }): Answer {
  return (request) => {
    if (request.body.model === "worker") return roles.worker(request);
    return roles.chat?.(request) ?? { text: "ok" };
  };
}

const SCHEDULE = "schedule_background_task";

/** The chat's part where it hands each message of the person to the background, word for word. */
export function schedules(request: RecordedRequest): Reply {
  const { messages } = request.body;
  // Behind it may come what the program tells of notifications.
  const asked = messages.findLastIndex(({ role }) => role === "user");
  const isDone = messages.slice(asked)
    .some(({ tool_calls }) => tool_calls?.some((call) => call.function.name === SCHEDULE));
  if (isDone) return { text: "I have handed that over." };
  const prompt = messages[asked]?.content ?? "";
  return { tool_calls: [{ name: SCHEDULE, arguments: { title: "A task", prompt } }] };
}

/** The message that is to be answered. */
export function lastMessage(request: RecordedRequest): RequestMessage {
  const last = request.body.messages.at(-1);
  if (last === undefined) throw new Error("a request without messages");
  return last;
}

/** What the task asked for: the first message of a person. */
export function promptOf(request: RecordedRequest): string {
  return request.body.messages.find(({ role }) => role === "user")?.content ?? "";
}

/** What the person said last. */
export function questionOf(request: RecordedRequest): string {
  return request.body.messages.findLast(({ role }) => role === "user")?.content ?? "";
}
