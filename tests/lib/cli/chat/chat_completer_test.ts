import { assertEquals } from "@std/assert";
import { chatCompleter } from "../../../../lib/cli/chat/chat_completer.ts";
import { bufferOf } from "../../../../lib/cli/editor/edit_buffer.ts";
import { withStorage } from "../../../support/temp_storage.ts";

Deno.test("Tab offers commands, and for those that take one this conversation's tasks", async () => {
  await withStorage(async (storage) => {
    const add = (id: string, title: string, conversation_id = "c1") =>
      storage.queue.enqueue({ conversation_id, prompt: "p", id, title });
    await add("01JAAAAAAAAAAAAAAAAAZDFHA5", "Weather in Oslo");
    await add("01JAAAAAAAAAAAAAAAAAQQQQQ1", "A sum");
    await add("01JAAAAAAAAAAAAAAAAAFOREIGN", "Weather elsewhere", "c2");
    const complete = chatCompleter({ storage, conversation_id: "c1" });
    const offered = async (text: string) => {
      const found = await complete(bufferOf(text));
      return found && [found.from, ...found.candidates.map((candidate) => candidate.text).sort()];
    };
    assertEquals(await offered("/ta"), [0, "/task", "/tasks"]);
    assertEquals(await offered("/task "), [6, "QQQQQ1", "ZDFHA5"]);
    assertEquals(await offered("/cancel zdf"), [8, "ZDFHA5"]);
    assertEquals(await offered("/task 01JAAAAAAAAAAAAAAAAAQ"), [6, "QQQQQ1"]);
    assertEquals(await offered("/task weather"), [6, "ZDFHA5"]);
    assertEquals(await offered("/retry "), [7]);
    for (const other of ["hello", "/new x", "/etc/passwd", "say /ta", "/toString "]) {
      assertEquals(await offered(other), undefined, other);
    }
  });
});
