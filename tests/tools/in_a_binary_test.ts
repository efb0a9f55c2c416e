/** The project's own tools as a binary of the service runs them: each does its work once. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { outputOf, withToolbox } from "../lib/sandbox/toolbox_fixture.ts";
import { LAUNCHES } from "../support/launches.ts";
import { startWeatherServer } from "../support/weather_server.ts";

/** What each tool is asked, and what is in its answer. Some need what one before them has done. */
const CALLS: Readonly<Record<string, readonly [args: unknown, answer: string]>> = {
  calculate: [{ expression: "0.1+0.2" }, "0.3"],
  current_time: [{ time_zone: "Europe/Oslo" }, "Europe/Oslo"],
  get_weather: [{ place: "Oslo" }, "Weather in Oslo"],
  write_file: [{ path: "report.md", content: "A line on Oslo\n" }, "report.md"],
  list_files: [{ recursive: true }, "output/report.md"],
  read_file: [{ path: "output/report.md" }, "A line on Oslo"],
  search_files: [{ regex: "l[ij]ne" }, "output/report.md:1: A line on Oslo"],
  remember: [{ note: "Oslo is cold" }, ""],
  recall: [{ words: "Oslo" }, "Oslo is cold"],
  run_command: [{ program: "echo", args: ["hello"] }, "hello"],
};

const { " (in a binary)": launch } = LAUNCHES;

Deno.test("every tool of the project does its work in a binary", async (t) => {
  const weather = startWeatherServer();
  const toolsJson = {
    get_weather: { settings: { geocoding_url: weather.url, forecast_url: weather.url } },
    run_command: { settings: { programs: ["echo"] }, allow: { run: ["echo"] } },
  };
  try {
    await withToolbox({ launch: launch!, toolsJson }, async (toolbox) => {
      const enabled = toolbox.catalogue.filter((entry) => entry.enabled).map(({ name }) => name);
      assertEquals(enabled, Object.keys(CALLS).sort());
      for (const [name, [args, answer]] of Object.entries(CALLS)) {
        await t.step(name, async () => {
          assertStringIncludes(outputOf(await toolbox.run(name, args)), answer);
        });
      }
    });
  } finally {
    await weather.close();
  }
});
