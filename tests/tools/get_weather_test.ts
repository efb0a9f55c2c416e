import { assert, assertEquals, assertMatch } from "@std/assert";
import { startWeatherServer, type WeatherServer } from "../support/weather_server.ts";
import { type Run, withTool } from "./project_tools.ts";

async function withWeather(
  body: (run: Run, server: WeatherServer) => Promise<void>,
): Promise<void> {
  const server = startWeatherServer();
  const settings = { geocoding_url: server.url, forecast_url: server.url };
  try {
    await withTool("get_weather", { toolsJson: { get_weather: { settings } } }, async (run) => {
      await body(run, server);
    });
  } finally {
    await server.close();
  }
}

Deno.test("get_weather tells the weather now and the forecast, in words and units", async () => {
  await withWeather(async (run, server) => {
    assertEquals(
      await run({ place: "Oslo", days: 2 }),
      `Weather in Oslo, Oslo County, Norway on 2026-01-15 at 12:00 (Europe/Oslo): slight rain, 0 °C (feels like -2 °C), humidity 71 %, precipitation 0.2 mm, wind 12.6 km/h from SW.
Forecast:
- 2026-01-15: slight rain, -4 °C to 3 °C, precipitation 1.4 mm (45 % likely)
- 2026-01-16: slight rain, -4 °C to 3 °C, precipitation 1.4 mm (45 % likely)
Other places of that name: Oslo, Minnesota, United States.`,
    );
    assertEquals(server.requests.map(({ path }) => path), ["/v1/search", "/v1/forecast"]);
    const query = server.requests[1]?.query;
    assertEquals([query?.timezone, query?.forecast_days], ["Europe/Oslo", "2"]);
    const imperial = await run({ place: "Oslo", units: "imperial" });
    assertMatch(imperial, /32 °F \(feels like 28\.4 °F\).* 0\.2 inch, wind 12\.6 mp\/h from SW/);
  });
});

Deno.test("get_weather chooses among places of one name, or asks", async () => {
  await withWeather(async (run, server) => {
    assertMatch(await run({ place: "Berlin" }), /^Weather in Berlin, State of Berlin, Germany on/);
    assertMatch(
      await run({ place: "berlin, New Hampshire" }),
      /^Weather in Berlin, New Hampshire,/,
    );
    assertMatch(await run({ place: "London, UK" }), /^Weather in London, England,/);
    assertMatch(await run({ place: "London, Canada" }), /^Weather in London, Ontario,/);
    assertMatch(await run({ place: "London, ca" }), /^Weather in London, Ontario,/);
    assertMatch(await run({ place: "sao paulo" }), /^Weather in São Paulo,/);
    const asked = server.requests.length;
    assertEquals(
      await run({ place: "Springfield" }),
      `There are several places named "Springfield":
- Springfield, Missouri, United States (170188 people)
- Springfield, Massachusetts, United States (154341 people)
- Springfield, Illinois, United States (114394 people)
Ask again with the region or country, for example "Springfield, Missouri".`,
    );
    assertEquals(server.requests.length, asked + 1);
    assertEquals(
      await run({ place: "Xyzzy" }),
      'No place named "Xyzzy" was found. Check the spelling, or name a larger place nearby.',
    );
    assertEquals(
      await run({ place: "Oslo, France" }),
      'No place "Oslo, France" was found. Places of a similar name: Oslo, Oslo County, Norway; Oslo, Minnesota, United States.',
    );
  });
});

/** A weather service that answers everything with one response. */
async function withAnswer(
  respond: () => Response,
  body: (run: Run) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
  const url = `http://127.0.0.1:${server.addr.port}`;
  const settings = { geocoding_url: url, forecast_url: url };
  try {
    await withTool("get_weather", { toolsJson: { get_weather: { settings } } }, body);
  } finally {
    await server.shutdown();
  }
}

const FAULTS: Record<string, [() => Response, RegExp]> = {
  "an error of the service": [
    () => Response.json({ error: true, reason: "Too many requests" }, { status: 429 }),
    /: the weather service at 127\.0\.0\.1:\d+ answered 429: Too many requests\.$/,
  ],
  "a page instead of data": [
    () => new Response("<html>", { status: 502 }),
    /: the weather service at 127\.0\.0\.1:\d+ answered 502: no reason\.$/,
  ],
  "data of another form": [
    () => Response.json({ results: [{ name: 1 }] }),
    /: the weather service at 127\.0\.0\.1:\d+ answered in an unknown form \(results\.0\.name\)\.$/,
  ],
};

for (const [what, [respond, error]] of Object.entries(FAULTS)) {
  Deno.test(`get_weather says so when it gets ${what}`, async () => {
    await withAnswer(respond, async (run) => assertMatch(await run({ place: "Oslo" }), error));
  });
}

Deno.test("get_weather says so when the service cannot be reached", async () => {
  const server = startWeatherServer();
  await server.close();
  const settings = { geocoding_url: server.url, forecast_url: server.url };
  await withTool("get_weather", { toolsJson: { get_weather: { settings } } }, async (run) => {
    assertMatch(
      await run({ place: "Oslo" }),
      /the weather service at 127\.0\.0\.1:\d+ cannot be reached/,
    );
  });
});

Deno.test("get_weather may reach the hosts of its settings", async () => {
  await withTool("get_weather", {}, async (_run, toolbox) => {
    const entry = toolbox.catalogue.find((e) => e.name === "get_weather");
    assertEquals(entry?.permissions, {
      net: ["geocoding-api.open-meteo.com", "api.open-meteo.com"],
    });
    assert(entry?.effects === "none");
    await Promise.resolve();
  });
});
