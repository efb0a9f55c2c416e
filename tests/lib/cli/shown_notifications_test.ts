import { assertEquals, assertRejects } from "@std/assert";
import { ShownNotifications } from "../../../lib/cli/shown_notifications.ts";
import type { Conversation } from "../../../lib/conversation/conversation.ts";
import type { Notifications } from "../../../lib/notifications/notifications.ts";
import type { Notification } from "../../../lib/task/notification.ts";

const notification = (id: string): Notification => ({
  version: 1,
  id,
  conversation_id: "c1",
  task_id: id,
  event: "completed",
  title: "T",
  message: "m",
  created_at: "2026-01-01T00:00:00.000Z",
});

/** Parts that write down what happens to them; the watch is driven by hand. */
function recorded(unread: Notification[], show: (n: Notification) => Promise<void> | void) {
  const happened: string[] = [];
  let arrive: (n: Notification) => Promise<void> | void = () => {};
  const conversation = {
    id: "c1",
    notified: (n: Notification) => Promise.resolve(void happened.push(`told ${n.id}`)),
  } as unknown as Conversation;
  const notifications: Notifications = {
    put: () => Promise.resolve(),
    unread: () => Promise.resolve(unread),
    acknowledge: (n) => Promise.resolve(void happened.push(`acknowledged ${n.id}`)),
    watch: (_, onNotification) => {
      arrive = onNotification;
      return { close: () => void happened.push("closed") };
    },
  };
  const shown = new ShownNotifications(conversation, notifications, async (n) => {
    await show(n);
    happened.push(`shown ${n.id}`);
  });
  return { shown, happened, arrive: (n: Notification) => arrive(n) };
}

Deno.test("a notification is shown, then told to the model, and only then acknowledged", async () => {
  const { shown, happened } = recorded([notification("a"), notification("b")], () => {});
  await shown.catchUp();
  assertEquals(happened, [
    ...["shown a", "told a", "acknowledged a"],
    ...["shown b", "told b", "acknowledged b"],
  ]);
  assertEquals(shown.all.map(({ id }) => id), ["a", "b"]);
});

Deno.test("one that watch and catch-up both see is shown once", async () => {
  const gate = Promise.withResolvers<void>();
  const { shown, happened, arrive } = recorded([notification("a")], () => gate.promise);
  shown.watch();
  const both = Promise.all([arrive(notification("a")), shown.catchUp()]);
  gate.resolve();
  await both;
  assertEquals(happened, ["shown a", "told a", "acknowledged a"]);
});

Deno.test("what could not be shown is not acknowledged, and the next one is shown all the same", async () => {
  const { shown, happened, arrive } = recorded([], ({ id }) => {
    if (id === "a") throw new Error("the terminal is gone");
  });
  shown.watch();
  await assertRejects(async () => await arrive(notification("a")), Error, "the terminal is gone");
  await arrive(notification("b"));
  await shown.close();
  assertEquals(happened, ["shown b", "told b", "acknowledged b", "closed"]);
});
