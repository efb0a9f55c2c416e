/** The workflow between hosts that share only a Redis. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { Site, testWithHosts } from "../support/redis_site.ts";
import { type Json, stop } from "../support/scene.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { startWeatherServer } from "../support/weather_server.ts";

testWithHosts("the seven steps between hosts that share only the Redis server", async () => {
  await using site = await Site.open();
  const weather = startWeatherServer();
  await using _ = { [Symbol.asyncDispose]: () => weather.close() };
  const { hostname, port } = new URL(weather.url);
  // The way to the weather, which holds the run where it can be seen.
  await using way = TcpProxy.start({ hostname, port: Number(port) }, site.network.address);
  const url = `http://${site.network.address}:${way.port}`;
  const settings = { geocoding_url: url, forecast_url: url };
  const allow = { net: [new URL(url).host] };
  const [there, here] = [
    await site.place("service", { tools: { get_weather: { settings, allow } } }),
    await site.place("main"),
  ];

  // 1, 2: the person asks; main hands in a request.
  const request = "check the weather in Oslo in the background";
  const asked = await here.main("--conversation", "c1", "--message", request);
  assertStringIncludes(asked.stderr, "No background service is running");
  const [{ id, state }] = asked.report["tasks"] as [{ id: string; state: string }];
  assertEquals([state, (await here.show(id)).state], ["pending", "pending"]);

  // 3, 4: the service on the other host takes it, and works on it.
  way.stall();
  const service = await there.service();
  await eventually("the call for the weather", () => way.connections > 0);
  const running = await here.show(id);
  assertEquals([running.state, running.pid], ["running", service.pid]);
  assertEquals(running.journal.at(-1)?.type, "tool_started");

  // 5: it keeps the result.
  await way.restore();
  const waited = await here.scene.tasks(["wait", id, "--timeout", "30", "--json"], {
    under: here.host.under,
  });
  assertEquals(waited.code, 0, waited.stderr);
  const completed = await here.show(id);
  assertStringIncludes(completed.result ?? "", "Weather in Oslo, Oslo County, Norway");
  assertEquals(completed.attempts?.map(({ outcome }) => outcome), ["completed"]);

  // 6, 7: main is told, shows it once, and never again.
  const told = await here.main("--conversation", "c1", "--message", "hello");
  assert(!told.stderr.includes("No background service"), told.stderr);
  const [notification] = told.report["notifications"] as [Json];
  assertEquals([notification["id"], notification["task_id"]], [`${id}-completed`, id]);
  assertEquals(notification["message"], completed.result);
  const again = await here.main("--conversation", "c1", "--message", "hello");
  assertEquals(again.report["notifications"], []);

  assertEquals((await stop(service)).code, 0);
  for (const { scene } of [there, here]) {
    const tree = ["pending", "running", "completed", "failed"].map((name) => `tasks/${name}`);
    const names = [...tree, "notifications", "journal", "services"].flatMap((d) => scene.names(d));
    assertEquals(names, [], "something of the queue lies in a directory");
  }
});
