import { assertEquals } from "@std/assert";
import { ownTasks, tasksOf } from "../../../lib/conversation/own_tasks.ts";
import { newId, newIdAt, timeOfId } from "../../../lib/task/id.ts";
import { withStorage } from "../../support/temp_storage.ts";

Deno.test("ownTasks() finds a task by a part of its id and reads no record that the part does not fit", async () => {
  await withStorage(async ({ queue }) => {
    for (const id of ["one-ABCD", "two-ABCD", "three-WXYZ"]) {
      await queue.enqueue({ conversation_id: "c1", prompt: "p", id });
    }
    await queue.enqueue({ conversation_id: "c2", prompt: "p", id: "other-WXYZ" });
    const read: string[] = [];
    const watched = {
      ids: () => queue.ids(),
      get: (id: string) => (read.push(id), queue.get(id)),
    };
    const found = async (typed: string) =>
      (await ownTasks(typed, { queue: watched, conversation_id: "c1" }))
        .map(({ record }) => record.id).sort();
    assertEquals(await found("wxyz"), ["three-WXYZ"]);
    assertEquals(read.toSorted(), ["other-WXYZ", "three-WXYZ", "wxyz"]);
    assertEquals(await found("abcd"), ["one-ABCD", "two-ABCD"]);
    assertEquals(await found("THREE"), ["three-WXYZ"]);
    for (const none of ["xyz", "other", "other-WXYZ", ""]) {
      assertEquals(await found(none), [], none);
    }
  });
});

Deno.test("tasksOf() leaves out what was made before the conversation could be named, not what nobody can know", async () => {
  await withStorage(async ({ queue }) => {
    const conversation_id = newId();
    const begun = timeOfId(conversation_id)!;
    const add = (id: string, conversation_id: string) =>
      queue.enqueue({ conversation_id, prompt: "p", id });
    const long_ago = newIdAt(begun - 86_400_000)!;
    await add(long_ago, conversation_id);
    await add("named", conversation_id);
    const { id } = await queue.enqueue({ conversation_id, prompt: "p" });
    const listed = async (conversation: string) =>
      (await queue.list({ ...tasksOf(conversation), limit: 9 })).map(({ record }) => record.id)
        .sort();
    assertEquals(await listed(conversation_id), [id, "named"].sort());
    assertEquals(tasksOf("my-project"), { conversation_id: "my-project" });
  });
});
