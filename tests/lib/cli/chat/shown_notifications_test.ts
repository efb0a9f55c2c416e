import { assertEquals, assertRejects } from "@std/assert";
import { ShownNotifications } from "../../../../lib/cli/chat/shown_notifications.ts";
import type { Conversation } from "../../../../lib/conversation/conversation.ts";
import type { Notifications } from "../../../../lib/notifications/notifications.ts";
import type { Notification } from "../../../../lib/task/notification.ts";

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
function recorded(
  unread: Notification[],
  show: (n: Notification) => Promise<void> | void,
  fault: (what: "told" | "acknowledged") => void = () => {},
  gather: () => Promise<void> | void = () => {},
) {
  const happened: string[] = [];
  const note = async (what: "told" | "acknowledged", { id }: Notification) => {
    await Promise.resolve();
    fault(what);
    happened.push(`${what} ${id}`);
  };
  let arrive: (n: Notification) => Promise<void> | void = () => {};
  const conversation = {
    id: "c1",
    notified: (n: Notification) => note("told", n),
  } as unknown as Conversation;
  const notifications: Notifications = {
    prepare: () => Promise.reject(new Error("not asked for")),
    put: () => Promise.resolve(),
    unread: () => Promise.resolve(unread),
    acknowledge: (n) => note("acknowledged", n),
    watch: (_, onNotification) => {
      arrive = onNotification;
      return { close: () => void happened.push("closed") };
    },
  };
  const batches: string[] = [];
  const shown = new ShownNotifications(conversation, notifications, async (batch) => {
    for (const n of batch) {
      await show(n);
      happened.push(`shown ${n.id}`);
    }
    batches.push(batch.map(({ id }) => id).join(" "));
  }, gather);
  return {
    batches,
    shown,
    happened,
    arrive: (n: Notification) => arrive(n),
  };
}

Deno.test("a notification is shown, then told to the model, and only then acknowledged", async () => {
  const { shown, happened } = recorded([notification("a"), notification("b")], () => {});
  await shown.catchUp();
  assertEquals(happened, [
    ...["shown a", "shown b"],
    ...["told a", "acknowledged a"],
    ...["told b", "acknowledged b"],
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

for (const broken of ["told", "acknowledged"] as const) {
  Deno.test(`what was shown but not ${broken} is not shown again, and settled once that works`, async () => {
    let full = true;
    const unread = [notification("a")];
    const { shown, happened, arrive } = recorded(unread, () => {}, (what) => {
      if (full && what === broken) throw new Error("no space left");
    });
    const shows = () => happened.filter((line) => line.startsWith("shown"));
    await shown.catchUp();
    await shown.catchUp();
    shown.watch();
    await arrive(notification("a"));
    assertEquals(shows(), ["shown a"]);
    assertEquals(happened.includes(`${broken} a`), false);
    full = false;
    await arrive(notification("b"));
    assertEquals(shows(), ["shown a", "shown b"]);
    assertEquals(happened.slice(-4), ["told a", "acknowledged a", "told b", "acknowledged b"]);
  });
}

Deno.test("close() settles what could not be settled before", async () => {
  let full = true;
  const { shown, happened } = recorded([notification("a")], () => {}, () => {
    if (full) throw new Error("no space left");
  });
  await shown.catchUp();
  full = false;
  await shown.close();
  assertEquals(happened, ["shown a", "told a", "acknowledged a"]);
});

Deno.test("those that come while the first one is gathered for are shown with it, once", async () => {
  const unread = [notification("a")];
  const gathering = Promise.withResolvers<void>();
  const { shown, happened, batches, arrive } = recorded(unread, () => {}, () => {}, () => {
    return gathering.promise;
  });
  shown.watch();
  const first = arrive(notification("a"));
  unread.push(notification("b"), notification("c"));
  gathering.resolve();
  await first;
  await arrive(notification("b"));
  await arrive(notification("c"));
  await shown.close();
  assertEquals(batches, ["a b c"]);
  assertEquals(happened.filter((what) => what.startsWith("told")).length, 3);
});

Deno.test("more are waited for only while more come", async () => {
  const unread = [notification("a")];
  let rounds = 0;
  const { shown, batches, arrive } = recorded(unread, () => {}, () => {}, () => {
    rounds++;
    if (rounds === 1) unread.push(notification("b"));
  });
  shown.watch();
  await arrive(notification("a"));
  assertEquals([rounds, batches], [2, ["a b"]]);
  unread.splice(0, 2);
  rounds = 5;
  await arrive(notification("c"));
  assertEquals([rounds, batches], [6, ["a b", "c"]]);
});

Deno.test("one that the person has seen otherwise is told and acknowledged without being shown", async () => {
  const { shown, happened, batches, arrive } = recorded([], () => {});
  shown.watch();
  shown.cover("a");
  await arrive(notification("a"));
  assertEquals(happened, ["told a", "acknowledged a"]);
  assertEquals([batches, shown.all.length], [[], 1]);
});

Deno.test("what comes while the chat is left stays for the next time", async () => {
  const gathering = Promise.withResolvers<void>();
  const { shown, happened, arrive } = recorded([notification("a")], () => {}, () => {}, () => {
    return gathering.promise;
  });
  shown.watch();
  const arriving = arrive(notification("a"));
  const closed = shown.close();
  gathering.resolve();
  await Promise.all([arriving, closed]);
  assertEquals(happened, ["closed"]);
});

Deno.test("what is held is told to the model, and acknowledged only once it is released", async () => {
  const { shown, happened, arrive } = recorded([notification("a")], () => {});
  shown.hold();
  await shown.catchUp();
  shown.watch();
  await arrive(notification("b"));
  const before = happened.splice(0);
  assertEquals(before.some((line) => line.startsWith("acknowledged")), false);
  assertEquals([before.includes("told a"), before.includes("told b")], [true, true]);
  shown.release();
  await shown.close();
  const acknowledged = happened.filter((line) => line.startsWith("acknowledged"));
  assertEquals(acknowledged, ["acknowledged a", "acknowledged b"]);
});

Deno.test("what is held to the end is not acknowledged", async () => {
  const { shown, happened } = recorded([notification("a")], () => {});
  shown.hold();
  await shown.catchUp();
  await shown.close();
  assertEquals(happened.filter((line) => line.startsWith("acknowledged")), []);
});
