/**
 * bull-board on a queue of ours, as its users set it up: `serve_board.ts redis://… '{bts}'`. Prints
 * where it is, and ends with its standard input.
 */
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { HonoAdapter } from "@bull-board/hono";
import { Queue } from "bullmq";
import { Hono } from "hono";
import { serveStatic } from "hono/deno";
import { Redis } from "ioredis";

const [url = "", prefix = ""] = Deno.args;
const connection = new Redis(url, { maxRetriesPerRequest: null });
const queue = new Queue("tasks", { connection, prefix });
const adapter = new HonoAdapter(serveStatic);
createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter: adapter });
adapter.setBasePath("/board");
const app = new Hono().route("/board", adapter.registerPlugin());

const onListen = ({ port }: Deno.NetAddr) =>
  void Deno.stdout.writeSync(new TextEncoder().encode(`http://127.0.0.1:${port}/board\n`));
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, app.fetch);
for await (const _ of Deno.stdin.readable) { /* Until it ends. */ }
Deno.exit();
