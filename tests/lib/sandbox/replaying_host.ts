/**
 * A tool process for hostile_lines_test.ts that says what it is told to: each call's arguments are
 * lines, in which TOKEN and CALL stand for its own.
 */
import type { ToProcess } from "../../../lib/sandbox/wire.ts";

let token = "";

function print(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

function receive(message: ToProcess): void {
  if (message.type === "init") token = message.token;
  if (message.type === "settings") print(`${token} {"type":"ready"}`);
  if (message.type !== "call") return;
  const { lines } = message.args as { lines: string[] };
  for (const line of lines) {
    print(line.replaceAll("TOKEN", () => token).replaceAll("CALL", () => message.call));
  }
  print(
    `${token} ${JSON.stringify({ type: "answer", call: message.call, ok: true, text: "end" })}`,
  );
}

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) receive(JSON.parse(line) as ToProcess);
}
