import { defineTool, z } from "tool";

export default defineTool({
  name: "current_time",
  description: "The current date, time and weekday in a time zone.",
  parameters: z.object({
    time_zone: z.string().min(1).max(100).default("UTC")
      .describe('IANA name, for example "Europe/Oslo". Default "UTC".'),
  }),
  effects: "none",
  timeout_seconds: 5,
  memory_mb: 64,
  run: ({ time_zone }) => tell(new Date(), time_zone),
});

function tell(now: Date, wanted: string): Record<string, string> {
  const time_zone = findZone(wanted);
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", {
      timeZone: time_zone,
      weekday: "long",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      timeZoneName: "longOffset",
    }).formatToParts(now).map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, second, weekday, timeZoneName } = parts;
  const offset = timeZoneName === "GMT" ? "+00:00" : timeZoneName?.replace("GMT", "");
  return {
    time_zone,
    date: `${year}-${month}-${day}`,
    time: `${hour}:${minute}:${second}`,
    weekday: weekday ?? "",
    utc_offset: offset ?? "",
    iso: `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`,
    utc: now.toISOString(),
  };
}

// The zone itself, or the only one whose city is named ("Oslo", "new york").
function findZone(wanted: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: wanted }).resolvedOptions().timeZone;
  } catch {
    const city = wanted.trim().toLowerCase().replaceAll(" ", "_");
    const zones = Intl.supportedValuesOf("timeZone");
    const exact = zones.filter((zone) => zone.toLowerCase().split("/").at(-1) === city);
    if (exact.length === 1 && exact[0] !== undefined) return exact[0];
    const near = zones.filter((zone) => zone.toLowerCase().includes(city)).slice(0, 5);
    const hint = near.length > 0
      ? near.join(", ")
      : "Europe/Oslo, America/New_York, Asia/Tokyo, UTC";
    throw new RangeError(
      `"${wanted}" is no time zone, expected an IANA name such as ${hint}`,
    );
  }
}
