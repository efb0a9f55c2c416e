import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Run, withTool } from "./project_tools.ts";

const FAILED = 'Error: The tool "write_file" failed: ';

async function fill(directory: string): Promise<void> {
  const output = `${directory}/workspace/output`;
  await Deno.mkdir(`${output}/folder`, { recursive: true });
  await Deno.writeTextFile(`${output}/old.md`, "old");
  await Deno.writeTextFile(`${directory}/workspace/beside.txt`, "beside");
  await Deno.symlink(`${directory}/workspace/beside.txt`, `${output}/link.md`);
  await Deno.symlink(`${directory}/workspace`, `${output}/out`);
}

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

Deno.test("write_file writes whole files into the output directory, and keeps them with the task", async (t) => {
  await withTool("write_file", { before: fill }, async (run, { directory, artifacts }) => {
    const output = `${directory}/workspace/output`;
    const read = (path: string) => Deno.readTextFileSync(`${output}/${path}`);
    await t.step("a new file, and its directories", async () => {
      assertEquals(
        await run({ path: "reports/år/may.md", content: "# Måned 😀\n" }),
        'Wrote "reports/år/may.md" into the output directory (14 bytes). It is kept with the ' +
          'task as the artifact "reports-ar-may.md".',
      );
      assertEquals(read("reports/år/may.md"), "# Måned 😀\n");
      assertEquals(
        new TextDecoder().decode(artifacts.get("reports-ar-may.md")),
        "# Måned 😀\n",
      );
      assertEquals((Deno.statSync(`${output}/reports/år/may.md`).mode ?? 0) & 0o777, 0o600);
    });
    await t.step("a file that is there: left, or replaced where that is said", async () => {
      assertEquals(
        await run({ path: "old.md", content: "new" }),
        `${FAILED}"old.md" is there already and holds something else: name another path, or say ` +
          'mode "replace" to overwrite it.',
      );
      assertEquals(read("old.md"), "old");
      await run({ path: "./old.md", content: "new", mode: "replace" });
      assertEquals(read("old.md"), "new");
      await run({ path: "empty.md", content: "", mode: "replace" });
      assertEquals(read("empty.md"), "");
    });
    await t.step("no half file is left", () => {
      assertEquals(namesIn(output), ["empty.md", "folder", "link.md", "old.md", "out", "reports"]);
    });
  });
});

Deno.test("write_file changes nothing when a call comes again", async () => {
  await withTool("write_file", { before: fill }, async (_, toolbox) => {
    const output = `${toolbox.directory}/workspace/output`;
    const again = { idempotency_key: "task1/1/again" };
    const args = { path: "once.md", content: "once" };
    const first = await toolbox.run("write_file", args, again);
    const written = Deno.statSync(`${output}/once.md`);
    // What the call may have left when it was killed.
    const key = new TextEncoder().encode(again.idempotency_key);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", key)).toHex();
    await Deno.writeTextFile(`${output}/.${hash.slice(0, 32)}.part`, "on");
    assertEquals(await toolbox.run("write_file", args, again), first);
    assertEquals(Deno.statSync(`${output}/once.md`).ino, written.ino);
    assertEquals(namesIn(output), ["folder", "link.md", "old.md", "once.md", "out"]);
    const replace = { path: "once.md", content: "other", mode: "replace" };
    const other = { idempotency_key: "task1/2/other" };
    const replaced = await toolbox.run("write_file", replace, other);
    assertEquals(await toolbox.run("write_file", replace, other), replaced);
    assertEquals(Deno.readTextFileSync(`${output}/once.md`), "other");
  });
});

Deno.test("write_file writes nowhere else", async () => {
  await withTool("write_file", { before: fill }, async (run: Run, { directory }) => {
    const refused = async (path: string, why: string) => {
      for (const mode of ["create", "replace"]) {
        assertEquals(await run({ path, content: "x", mode }), `${FAILED}${why}.`, path);
      }
    };
    const paths = ["../beside.txt", "a/../../beside.txt", "/etc/x", "a//b", "folder/", ".", "a\0b"];
    // What would hide or reorder the name where it is shown.
    for (const path of ["a\u202egpj.exe", "a\u200bb", "a\u0085b", "a\u2028b"]) {
      assertStringIncludes(
        await run({ path, content: "" }),
        "is no path below the output directory",
      );
    }
    for (const path of [...paths, `${directory}/workspace/beside.txt`]) {
      await refused(
        path,
        `"${path.replace("\0", "")}" is no path below the output directory, expected one such as ` +
          '"report.md" or "reports/may.csv"',
      );
    }
    await refused(
      "link.md",
      '"link.md" is a link, expected a file or nothing there: name another path',
    );
    await refused(
      "folder",
      '"folder" is a directory, expected a file or nothing there: name another path',
    );
    await refused("out/x.md", '"out/x.md" leads over "out", which is a link');
    await refused("old.md/x", '"old.md/x" leads over "old.md", which is a file and no directory');
    await refused("a/".repeat(10) + "b", `"${"a/".repeat(10)}b" has 11 names, expected at most 10`);
    const long = "å".repeat(101);
    await refused(long, `the name "${long}" is too long, expected at most 200 bytes`);
    assertEquals(Deno.readTextFileSync(`${directory}/workspace/beside.txt`), "beside");
    assertEquals(namesIn(`${directory}/workspace`), ["beside.txt", "output"]);
  });
});

Deno.test("write_file refuses what is too large", async () => {
  await withTool("write_file", {}, async (run, { directory }) => {
    const told = await run({ path: "large.txt", content: "x".repeat(1_000_001) });
    assertEquals(
      told.replace(/ \(.*/s, ""),
      `${FAILED}the arguments do not fit: content: Too big: expected string to have ` +
        "<=1000000 characters.",
    );
    await assertRejects(() => Deno.stat(`${directory}/workspace/output/large.txt`));
  });
});

Deno.test("write_file writes into another directory that the settings name and the operator allows", async () => {
  const settings = { output: "results" };
  const toolsJson = { write_file: { settings, allow: { write: ["results"] } } };
  await withTool("write_file", { toolsJson }, async (run, { directory }) => {
    await run({ path: "a.txt", content: "a" });
    assertEquals(Deno.readTextFileSync(`${directory}/results/a.txt`), "a");
  });
});
