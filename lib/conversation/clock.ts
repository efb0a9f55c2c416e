/** A moment in words that a model understands, in the person's time zone. */
export function clock(now: number): string {
  const date = new Date(now);
  const weekday = date.toLocaleDateString("en", { weekday: "long" });
  const local = Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(Temporal.Now.timeZoneId());
  const zone = local.timeZoneId;
  const time = local.toString({ smallestUnit: "minute", timeZoneName: "never" });
  return `${weekday}, ${time} where the person is (${zone})`;
}
