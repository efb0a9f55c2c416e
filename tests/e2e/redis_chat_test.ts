/** A chat at a terminal whose tasks are on a Redis server, also while that is away. */
import { assert, assertEquals } from "@std/assert";
import { ChatScene } from "../support/chat_scene.ts";
import { eventually } from "../support/eventually.ts";
import type { Pty } from "../support/pty.ts";
import { RedisServer, testWithRedis } from "../support/redis_server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

const isAtPrompt = (screen: readonly string[]) => screen.slice(-2).join("|") === "|>";

async function asked(pty: Pty, line: string, answer: string): Promise<void> {
  await pty.type(`${line}\r`);
  await pty.until((screen) => screen.includes(answer) && isAtPrompt(screen));
}

const count = (pty: Pty, text: string) => pty.screen().filter((line) => line.includes(text)).length;

testWithRedis(
  "a chat hands in, follows, is told and cancels, with its tasks on Redis",
  async () => {
    await using server = await RedisServer.start();
    await using world = await ChatScene.open({ QUEUE_URL: server.url });
    await world.scene.service();
    const pty = await world.chat(["--conversation", "c1"]);
    await asked(pty, "weather in Oslo, Bergen", "Started.");
    await world.gate("Oslo").reached;
    await world.gate("Bergen").reached;
    await pty.type("/tasks\r");
    await pty.until((screen) =>
      screen.filter((line) => /running .* thinking/.test(line)).length === 2
    );
    const id = /Weather in Oslo \((\w{6})\)/.exec(pty.screen().join(" "))?.[1];
    assert(id !== undefined);
    await pty.type(`/task ${id}\r`);
    await pty.until("Esc leaves it");
    world.gate("Oslo").release();
    await pty.until((screen) => isAtPrompt(screen) && screen.includes("It is fine in Oslo 👍🏽"));
    const other = /Weather in Bergen \((\w{6})\)/.exec(pty.screen().join(" "))?.[1];
    await asked(pty, `/cancel ${other}`, `Cancelled "Weather in Bergen" (${other}).`);
    // Both were seen on the screen, so none is left to be shown.
    await eventually(
      "acknowledged",
      async () => await server.cli("XLEN", "{bts}:unread:c1") === "0",
    );
    assertEquals(await server.cli("HLEN", "{bts}:told:c1"), "2");
  },
);

testWithRedis(
  "a chat whose server is away for a moment says so above the line, and is told after all",
  async () => {
    await using server = await RedisServer.start();
    await using proxy = TcpProxy.start({ hostname: "127.0.0.1", port: server.port });
    await using world = await ChatScene.open({ QUEUE_URL: server.url });
    await world.scene.service();
    const QUEUE_URL = `redis://127.0.0.1:${proxy.port}`;
    const pty = await world.chat(["--conversation", "c1"], { env: { QUEUE_URL } });
    await asked(pty, "weather in Oslo", "Started.");
    await world.gate("Oslo").reached;
    await pty.type("half ty");
    await proxy.refuse();
    await pty.until((screen) => screen.join(" ").includes("is lost, and is tried again"));
    world.gate("Oslo").release();
    await eventually("its end", async () => await server.cli("XLEN", "{bts}:unread:c1") === "1");
    await proxy.restore();
    await pty.until((screen) =>
      screen.at(-1) === "> half ty" && screen.includes("  It is fine in Oslo 👍🏽")
    );
    assertEquals([count(pty, "is lost"), count(pty, "is there again")], [1, 1]);
    assertEquals(count(pty, "It is fine in Oslo"), 1);
    await eventually(
      "acknowledged",
      async () => await server.cli("XLEN", "{bts}:unread:c1") === "0",
    );
  },
);
