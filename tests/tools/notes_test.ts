/** remember and recall. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ToolCall } from "../../lib/sandbox/toolbox.ts";
import {
  errorOf,
  outputOf,
  type TestToolbox,
  type ToolboxFixture,
  withToolbox,
} from "../lib/sandbox/toolbox_fixture.ts";

interface Notes {
  readonly toolbox: TestToolbox;
  remember(note: string, more?: Partial<ToolCall>): Promise<string>;
  recall(args?: Record<string, unknown>, more?: Partial<ToolCall>): Promise<string>;
}

async function withNotes(
  body: (notes: Notes) => Promise<void>,
  fixture: ToolboxFixture = {},
): Promise<void> {
  await withToolbox(fixture, async (toolbox) => {
    for (const name of ["remember", "recall"]) {
      const entry = toolbox.catalogue.find((e) => e.name === name);
      assert(entry?.enabled, entry?.reason ?? name);
    }
    await body({
      toolbox,
      remember: async (note, more) => outputOf(await toolbox.run("remember", { note }, more)),
      recall: async (args, more) => outputOf(await toolbox.run("recall", args, more)),
    });
  });
}

/** The texts of a recall's answer, in its order. */
function texts(answer: string): string[] {
  return answer.split("\n").map((line) => line.replace(/^- \d{4}-\d\d-\d\dT\d\d:\d\dZ: /, ""));
}

Deno.test("recall finds in a later task what remember kept in an earlier one", async () => {
  await withNotes(async ({ toolbox, remember, recall }) => {
    assertEquals(await recall(), "This conversation has no notes yet.");
    const later = { task_id: "task2", idempotency_key: "task2/1/a" };
    assertMatch(await remember("The report goes to finance as CSV."), /^Noted\./);
    assertEquals(texts(await recall({}, later)), ["The report goes to finance as CSV."]);
    const [name] = [...Deno.readDirSync(`${toolbox.directory}/notes/conversation1`)];
    const file = `${toolbox.directory}/notes/conversation1/${name?.name}`;
    const { at: _, ...note } = JSON.parse(Deno.readTextFileSync(file));
    assertEquals(note, { task_id: "task1", note: "The report goes to finance as CSV." });
    assertEquals((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
  });
});

Deno.test("recall finds by words, whatever their case and accents, and else the newest", async () => {
  await withNotes(async ({ remember, recall }) => {
    const notes = ["Anna lives in Malmö.", "The budget of Malmö is 5.", "Anna likes tea."];
    for (const note of notes) await remember(note);
    assertEquals(texts(await recall()), notes.toReversed());
    assertEquals(texts(await recall({ words: "MALMO" })), [notes[1], notes[0]]);
    assertEquals(texts(await recall({ words: "where does Anna live? malmö!" })), [
      notes[0],
      notes[2],
      notes[1],
    ]);
    assertEquals(texts(await recall({ limit: 2 })), [
      notes[2],
      notes[1],
      "[1 more: use other words.]",
    ]);
    assertEquals(
      await recall({ words: "coffee" }),
      'No note holds any of the words "coffee". This conversation has 3: try other words, or none ' +
        "for the newest.",
    );
  });
});

Deno.test("recall keeps the lines of a note together", async () => {
  await withNotes(async ({ remember, recall }) => {
    await remember("Steps:\n- one\n- two");
    assertEquals(texts(await recall()), ["Steps:", "  - one", "  - two"]);
  });
});

Deno.test("remember changes nothing when a call comes again", async () => {
  await withNotes(async ({ toolbox, remember, recall }) => {
    const again = { idempotency_key: "task1/1/again" };
    const first = await remember("Once.", again);
    const before = await recall();
    assertEquals(await remember("Once.", again), first);
    assertEquals(await recall(), before);
    assertEquals(texts(before), ["Once."]);
    const left = [...Deno.readDirSync(`${toolbox.directory}/notes/conversation1`)];
    assertEquals(left.length, 1);
  });
});

Deno.test("notes of another conversation are out of reach", async () => {
  await withNotes(async ({ toolbox, remember, recall }) => {
    const other = { conversation_id: "conversation2" };
    await remember("A secret of two.", other);
    assertEquals(await recall(), "This conversation has no notes yet.");
    for (const words of ["secret", "../conversation2", "*"]) {
      assertEquals(await recall({ words }), "This conversation has no notes yet.");
    }
    for (const more of [{ conversation_id: "conversation2" }, { directory: "notes" }]) {
      assertEquals(
        await recall({ words: "secret", ...more }),
        "This conversation has no notes yet.",
      );
    }
    for (const conversation_id of ["../notes/conversation2", "..", ".", "a/b", ""]) {
      for (const [name, args] of [["recall", {}], ["remember", { note: "x" }]] as const) {
        assertEquals(
          errorOf(await toolbox.run(name, args, { conversation_id })),
          `The tool "${name}" failed: the conversation's id cannot name its notes.`,
        );
      }
    }
  });
});

Deno.test("recall passes over what is no note", async () => {
  const before = async (directory: string) => {
    const notes = `${directory}/notes/conversation1`;
    await Deno.mkdir(notes, { recursive: true });
    await Deno.writeTextFile(`${notes}/half.json`, '{"at": "2026-');
    await Deno.writeTextFile(`${notes}/other.json`, '{"a": 1}');
    await Deno.writeTextFile(`${notes}/large.json`, " ".repeat(70_000));
    await Deno.writeTextFile(`${notes}/.x.part`, '{"at":"2026","note":"half"}');
    await Deno.writeTextFile(`${directory}/secret.json`, '{"at":"2026","note":"secret"}');
    await Deno.symlink(`${directory}/secret.json`, `${notes}/link.json`);
  };
  await withNotes(async ({ remember, recall }) => {
    await remember("The only one.");
    assertEquals(texts(await recall()), ["The only one."]);
  }, { before });
});

Deno.test("remember takes no more notes than a conversation may have, and none that are too long", async () => {
  const before = async (directory: string) => {
    await Deno.mkdir(`${directory}/notes/conversation1`, { recursive: true });
    for (let i = 0; i < 1000; i++) {
      await Deno.writeTextFile(
        `${directory}/notes/conversation1/${i}.json`,
        JSON.stringify({ at: "2026-01-01T00:00:00.000Z", note: `note ${i}` }),
      );
    }
  };
  await withNotes(async ({ toolbox, recall }) => {
    assertEquals(
      errorOf(await toolbox.run("remember", { note: "one more" })),
      'The tool "remember" failed: this conversation has 1000 notes, which is all it may have: ' +
        "say what you wanted to keep in your answer instead.",
    );
    assertMatch(
      errorOf(await toolbox.run("remember", { note: "x".repeat(4001) })),
      /note: Too big: expected string to have <=4000 characters/,
    );
    assertMatch(errorOf(await toolbox.run("remember", { note: "  " })), /note: Too small/);
    assertEquals(texts(await recall({ words: "note 777" })).at(0), "note 777");
  }, { before });
});

Deno.test("notes are kept in another directory that the settings name and the operator allows", async () => {
  const settings = { directory: "memory" };
  const toolsJson = {
    remember: { settings, allow: { write: ["memory"] } },
    recall: { settings },
  };
  await withNotes(async ({ toolbox, remember, recall }) => {
    await remember("Elsewhere.");
    assertEquals(texts(await recall()), ["Elsewhere."]);
    assert(Deno.statSync(`${toolbox.directory}/memory/conversation1`).isDirectory);
  }, { toolsJson });
});
