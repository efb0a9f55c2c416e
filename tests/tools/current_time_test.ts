import { assert, assertEquals, assertMatch } from "@std/assert";
import { withTool } from "./project_tools.ts";

type Told = Record<
  "time_zone" | "date" | "time" | "weekday" | "utc_offset" | "iso" | "utc",
  string
>;

Deno.test("current_time tells the time in any zone, UTC by default", async () => {
  await withTool("current_time", {}, async (run) => {
    for (const zone of [undefined, "UTC", "Europe/Oslo", "Asia/Kolkata", "America/St_Johns"]) {
      const before = Date.now();
      const told = JSON.parse(await run(zone === undefined ? {} : { time_zone: zone })) as Told;
      assertEquals(told.time_zone.replace("Calcutta", "Kolkata"), zone ?? "UTC");
      // The local time with its offset is the same instant as the one in UTC.
      const instant = Date.parse(told.iso);
      assertEquals(instant, Math.floor(Date.parse(told.utc) / 1000) * 1000);
      assert(instant >= before - 1000 && instant <= Date.now(), told.iso);
      assertEquals(told.iso, `${told.date}T${told.time}${told.utc_offset}`);
      const day = new Date(`${told.date}T12:00:00Z`);
      assertEquals(
        told.weekday,
        day.toLocaleDateString("en", { weekday: "long", timeZone: "UTC" }),
      );
    }
  });
});

Deno.test("current_time takes a city for its zone, and helps with what is none", async () => {
  await withTool("current_time", {}, async (run) => {
    assertEquals((JSON.parse(await run({ time_zone: "Oslo" })) as Told).time_zone, "Europe/Oslo");
    assertEquals(
      (JSON.parse(await run({ time_zone: "new york" })) as Told).time_zone,
      "America/New_York",
    );
    assertMatch(
      await run({ time_zone: "Mars/Olympus" }),
      /"Mars\/Olympus" is no time zone, expected an IANA name such as Europe\/Oslo/,
    );
    assertMatch(await run({ time_zone: "indiana" }), /such as America\/Indiana\//);
  });
});
