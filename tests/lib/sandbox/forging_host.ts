/**
 * A tool process for tool_process_test.ts that knows its token and lies with it: before and after
 * each real answer it gives others.
 */
import type { ToProcess } from "../../../lib/sandbox/wire.ts";

let token = "";
let previous = "";

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function answer(call: string, text: string, as = token): void {
  print(`${as} ${JSON.stringify({ type: "answer", call, ok: true, text })}`);
}

function receive(message: ToProcess): void {
  if (message.type === "init") token = message.token;
  if (message.type === "settings") print(`${token} {"type":"ready"}`);
  if (message.type !== "call") return;
  answer(crypto.randomUUID(), "for a call that never was");
  answer(message.call, "with a wrong token", crypto.randomUUID());
  if (previous !== "") answer(previous, "late, for the call before");
  print(`${token} no JSON`);
  print(`${token} {"type":"answer","call":"${message.call}"}`);
  print(`${token} {"type":"unknown"}`);
  answer(message.call, `real: ${JSON.stringify(message.args)}`);
  answer(message.call, "a second answer");
  previous = message.call;
}

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) receive(JSON.parse(line) as ToProcess);
}
