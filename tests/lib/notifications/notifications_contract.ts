/**
 * What notifications owe wherever they are kept: run by each engine's test file.
 *
 * Not in it, since only one engine has it: what lies in a directory that is no notification, and
 * where a shown one lies (files); what a stream holds that is none, and what becomes of a watch
 * whose server is restarted (Redis).
 */
import { assertEquals } from "@std/assert";
import type { Notifications, TaskNotifications } from "../../../lib/notifications/notifications.ts";
import { type Notification, notificationId } from "../../../lib/task/notification.ts";
import { withDefaults } from "../../../lib/task/parse_record.ts";
import { eventually } from "../../support/eventually.ts";
import { type Declare, declareTest } from "../../support/redis_server.ts";

/** The notifications of one place, as two processes have them. */
export interface NotificationsUnderTest {
  readonly one: Notifications & TaskNotifications;
  readonly other: Notifications & TaskNotifications;
}

export type WithNotifications = (
  test: (parts: NotificationsUnderTest) => Promise<void>,
) => Promise<void>;

/** One of the conversation c1, made at a second. */
export const notification = (task_id: string, second = 0): Notification => ({
  version: 1,
  id: `${task_id}-completed`,
  conversation_id: "c1",
  task_id,
  event: "completed",
  title: "T",
  message: "m",
  created_at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
});

export const taskIds = (all: readonly Notification[]) => all.map(({ task_id }) => task_id);

/** Declares the tests of the whole contract for one engine. */
export function testNotificationsContract(
  engine: string,
  withNotifications: WithNotifications,
  declare: Declare = declareTest,
): void {
  const test = (name: string, body: Parameters<WithNotifications>[0]) =>
    declare(`${engine}: ${name}`, () => withNotifications(body));

  test("put() publishes once, and not again after it was shown", async ({ one, other }) => {
    await one.put({ ...notification("x"), extra: { kept: true } });
    await other.put({ ...notification("x"), message: "another" });
    assertEquals(await other.unread("c1"), [{ ...notification("x"), extra: { kept: true } }]);
    await one.acknowledge(notification("x"));
    await other.acknowledge(notification("x"));
    await one.put(notification("x"));
    assertEquals(await other.unread("c1"), []);
  });

  test("acknowledge() of one that nobody has put changes nothing", async ({ one }) => {
    await one.put(notification("x"));
    await one.acknowledge(notification("y"));
    assertEquals(taskIds(await one.unread("c1")), ["x"]);
    await one.put(notification("y"));
    assertEquals(taskIds(await one.unread("c1")), ["x", "y"]);
  });

  test("prepare() shows nothing before it is published, and nothing when dropped", async ({ one, other }) => {
    const prepared = await one.prepare(notification("x"));
    await (await one.prepare(notification("y"))).drop();
    assertEquals(await other.unread("c1"), []);
    await prepared.publish(true);
    assertEquals(taskIds(await other.unread("c1")), ["x"]);
    await (await other.prepare(notification("x"))).publish(false);
    assertEquals(taskIds(await other.unread("c1")), ["x"]);
  });

  test("unread() gives the oldest first and none of another conversation", async ({ one, other }) => {
    await one.put(notification("b", 2));
    await one.put(notification("a", 3));
    await one.put(notification("c", 1));
    await one.put({ ...notification("d"), conversation_id: "c2" });
    assertEquals(taskIds(await other.unread("c1")), ["c", "b", "a"]);
    assertEquals(await other.unread("nobody"), []);
  });

  test("watch() reports what is there first, then what comes, one after the other", async ({ one, other }) => {
    await other.put(notification("b", 2));
    await other.put(notification("a", 1));
    const seen: string[] = [];
    let showing = 0;
    const watch = one.watch("c1", async ({ task_id }) => {
      assertEquals(++showing, 1);
      await Promise.resolve();
      seen.push(task_id);
      showing--;
    });
    await eventually("the first two", () => seen.length === 2);
    await other.put(notification("c", 3));
    await eventually("the third", () => seen.length === 3);
    assertEquals(seen, ["a", "b", "c"]);
    watch.close();
    await other.put(notification("d", 4));
    assertEquals(seen.length, 3);
  });

  test("watch() sees what comes into a conversation that nobody has heard of", async ({ one, other }) => {
    const seen: string[] = [];
    const watch = one.watch("c1", ({ task_id }) => void seen.push(task_id));
    await other.put(notification("x"));
    await eventually("the notification", () => seen.length === 1);
    watch.close();
  });

  test("every watch is told of each notification once", async ({ one, other }) => {
    await one.put(notification("a", 1));
    const seen: string[][] = [[], [], []];
    const watches = seen.map((of, at) =>
      (at === 0 ? one : other).watch("c1", ({ task_id }) => void of.push(task_id))
    );
    for (const [at, task_id] of ["b", "c", "d"].entries()) {
      await one.put(notification(task_id, at + 2));
    }
    await eventually("all have all", () => seen.every(({ length }) => length === 4));
    assertEquals(seen, Array(3).fill(["a", "b", "c", "d"]));
    for (const watch of watches) watch.close();
  });

  test("watch() reports again what could not be shown", async ({ one }) => {
    const shown: string[] = [];
    let failures = 1;
    const watch = one.watch("c1", ({ task_id }) => {
      if (failures-- > 0) throw new Error("the terminal is gone");
      shown.push(task_id);
    });
    await one.put(notification("x"));
    await eventually("it is shown after all", () => shown.length === 1);
    watch.close();
  });

  test("hasUnread() and remove() are about all runs of one task", async ({ one, other }) => {
    const record = {
      ...withDefaults("x", { conversation_id: "c1", prompt: "p" }, 0),
      run: 3,
      attempts: [],
    };
    assertEquals(await one.hasUnread(record), false);
    for (const run of [1, 3]) {
      await one.put({ ...notification("x"), id: notificationId("x", "completed", run) });
    }
    await one.put(notification("xx"));
    assertEquals(await other.hasUnread(record), true);
    for (const each of await one.unread("c1")) {
      if (each.task_id === "x") await one.acknowledge(each);
    }
    assertEquals(await other.hasUnread(record), false);
    await other.remove(record);
    await other.remove(record);
    assertEquals(taskIds(await one.unread("c1")), ["xx"]);
    // Its place is free: a new task of this id tells anew.
    await one.put(notification("x", 5));
    assertEquals(await other.hasUnread(record), true);
    await other.remove(record);
    assertEquals(taskIds(await one.unread("c1")), ["xx"]);
    const { conversation_id: _, ...nobody } = record;
    await one.remove({ ...nobody, conversation_id: "" });
    assertEquals(await one.hasUnread({ ...nobody, conversation_id: "" }), false);
  });
}
