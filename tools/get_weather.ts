import { defineTool, z } from "tool";

export default defineTool({
  name: "get_weather",
  description: "The current weather at a place, and the forecast for the next days.",
  parameters: z.object({
    place: z.string().min(2).max(200)
      .describe('A city, with region or country where needed: "Oslo", "Springfield, Illinois".'),
    units: z.enum(["metric", "imperial"]).default("metric"),
    days: z.int().min(1).max(7).default(3).describe("Days of forecast, today is the first."),
  }),
  settings: z.object({
    geocoding_url: z.url().default("https://geocoding-api.open-meteo.com"),
    forecast_url: z.url().default("https://api.open-meteo.com"),
  }),
  permissions: ({ geocoding_url, forecast_url }) => ({
    net: [...new Set([new URL(geocoding_url).host, new URL(forecast_url).host])],
  }),
  effects: "none",
  timeout_seconds: 30,
  async run({ place, units, days }, { settings, signal }) {
    const found = choose(place, await search(settings.geocoding_url, place, signal));
    if (typeof found === "string") return found;
    return describe(found, await forecast(settings.forecast_url, found.place, units, days, signal));
  },
});

const REQUEST_MS = 10_000;

const placeSchema = z.object({
  name: z.string(),
  latitude: z.number(),
  longitude: z.number(),
  country: z.string().optional(),
  country_code: z.string().optional(),
  admin1: z.string().optional(),
  admin2: z.string().optional(),
  timezone: z.string().optional(),
  population: z.number().optional(),
});
type Place = z.infer<typeof placeSchema>;
// Nothing found is an answer without `results`.
const searchSchema = z.object({ results: z.array(placeSchema).default([]) });

const values = z.array(z.number().nullable());
const forecastSchema = z.object({
  timezone: z.string(),
  current_units: z.record(z.string(), z.string()),
  current: z.object({
    time: z.string(),
    temperature_2m: z.number(),
    apparent_temperature: z.number(),
    relative_humidity_2m: z.number(),
    precipitation: z.number(),
    weather_code: z.number(),
    wind_speed_10m: z.number(),
    wind_direction_10m: z.number(),
  }),
  daily: z.object({
    time: z.array(z.string()),
    weather_code: values,
    temperature_2m_max: values,
    temperature_2m_min: values,
    precipitation_sum: values,
    precipitation_probability_max: values,
  }),
});
type Forecast = z.infer<typeof forecastSchema>;

async function search(base: string, place: string, signal: AbortSignal): Promise<Place[]> {
  const name = place.split(",")[0]?.trim() ?? place;
  const query = { name, count: "20", language: "en", format: "json" };
  return (await get(base, "/v1/search", query, searchSchema, signal)).results;
}

async function forecast(
  base: string,
  place: Place,
  units: "metric" | "imperial",
  days: number,
  signal: AbortSignal,
): Promise<Forecast> {
  const imperial = {
    temperature_unit: "fahrenheit",
    wind_speed_unit: "mph",
    precipitation_unit: "inch",
  };
  const query = {
    latitude: String(place.latitude),
    longitude: String(place.longitude),
    current: "temperature_2m,apparent_temperature,relative_humidity_2m,precipitation," +
      "weather_code,wind_speed_10m,wind_direction_10m",
    daily: "weather_code,temperature_2m_max,temperature_2m_min,precipitation_sum," +
      "precipitation_probability_max",
    timezone: place.timezone ?? "auto",
    forecast_days: String(days),
    ...(units === "imperial" ? imperial : {}),
  };
  return await get(base, "/v1/forecast", query, forecastSchema, signal);
}

async function get<Schema extends z.ZodType>(
  base: string,
  path: string,
  query: Record<string, string>,
  schema: Schema,
  signal: AbortSignal,
): Promise<z.output<Schema>> {
  const url = new URL(base.replace(/\/+$/, "") + path);
  url.search = new URLSearchParams(query).toString();
  const [status, text] = await fetchText(url, signal);
  const body = parseJson(text);
  if (status !== 200) {
    const { reason } = (body ?? {}) as { reason?: string };
    throw new Error(
      `the weather service at ${url.host} answered ${status}: ${reason ?? "no reason"}`,
    );
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]?.path.join(".") || "the answer";
  throw new Error(`the weather service at ${url.host} answered in an unknown form (${at})`);
}

async function fetchText(url: URL, signal: AbortSignal): Promise<[number, string]> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
    });
    return [response.status, await response.text()];
  } catch (cause) {
    throw new Error(`the weather service at ${url.host} cannot be reached`, { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Choice {
  readonly place: Place;
  readonly others: readonly Place[];
}

// A place that has many times the people of all its namesakes is the one that is meant.
const CLEARLY_LARGER = 5;

/** The place that is meant, or a text that says why there is none. */
function choose(wanted: string, results: readonly Place[]): Choice | string {
  const [name, ...rest] = wanted.split(",").map(plain);
  const named = results.filter((place) => plain(place.name) === name);
  const candidates = (named.length > 0 ? named : results)
    .filter((place) => rest.every((part) => lies(place, part)))
    .sort((a, b) => (b.population ?? 0) - (a.population ?? 0));
  const [first, second] = candidates;
  if (first === undefined) return notFound(wanted, results);
  const others = candidates.slice(1, 4);
  const isClear = second === undefined ||
    (first.population ?? 0) >= CLEARLY_LARGER * (second.population ?? 0) && first.population;
  return isClear ? { place: first, others } : ambiguous(wanted, candidates);
}

function lies(place: Place, part: string): boolean {
  const areas = [place.country, place.country_code, place.admin1, place.admin2];
  return areas.some((area) => area !== undefined && plain(area) === part) ||
    (COUNTRY_NAMES[part] !== undefined && COUNTRY_NAMES[part] === place.country_code);
}

// How people write countries that the service names otherwise.
const COUNTRY_NAMES: Record<string, string> = {
  usa: "US",
  "united states of america": "US",
  america: "US",
  uk: "GB",
  england: "GB",
  "great britain": "GB",
  uae: "AE",
  holland: "NL",
};

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").trim().toLowerCase();
}

function notFound(wanted: string, results: readonly Place[]): string {
  if (results.length === 0) {
    return `No place named "${wanted}" was found. Check the spelling, or name a larger place nearby.`;
  }
  const some = results.slice(0, 5).map(fullName).join("; ");
  return `No place "${wanted}" was found. Places of a similar name: ${some}.`;
}

function ambiguous(wanted: string, candidates: readonly Place[]): string {
  const lines = candidates.slice(0, 8).map((place) => {
    const people = place.population === undefined ? "" : ` (${place.population} people)`;
    return `- ${fullName(place)}${people}`;
  });
  const example = candidates[0] === undefined ? "" : `, for example "${shortName(candidates[0])}"`;
  return `There are several places named "${wanted}":\n${lines.join("\n")}\n` +
    `Ask again with the region or country${example}.`;
}

function fullName({ name, admin1, country }: Place): string {
  return [name, admin1, country].filter((part) => part).join(", ");
}

function shortName({ name, admin1, country }: Place): string {
  return [name, admin1 ?? country].filter((part) => part).join(", ");
}

function describe(
  { place, others }: Choice,
  { timezone, current, current_units, daily }: Forecast,
): string {
  const temperature = (value: number | null | undefined) =>
    value === null || value === undefined ? "?" : `${value} ${current_units.temperature_2m}`;
  const rain = (value: number | null | undefined) =>
    value === null || value === undefined ? "?" : `${value} ${current_units.precipitation}`;
  const now =
    `Weather in ${fullName(place)} on ${current.time.replace("T", " at ")} (${timezone}): ` +
    `${weatherWord(current.weather_code)}, ${temperature(current.temperature_2m)} ` +
    `(feels like ${temperature(current.apparent_temperature)}), ` +
    `humidity ${current.relative_humidity_2m} %, precipitation ${rain(current.precipitation)}, ` +
    `wind ${current.wind_speed_10m} ${current_units.wind_speed_10m} from ` +
    `${compassPoint(current.wind_direction_10m)}.`;
  const days = daily.time.map((day, i) =>
    `- ${day}: ${weatherWord(daily.weather_code[i])}, ${
      temperature(daily.temperature_2m_min[i])
    } ` +
    `to ${temperature(daily.temperature_2m_max[i])}, precipitation ` +
    `${rain(daily.precipitation_sum[i])} (${
      daily.precipitation_probability_max[i] ?? "?"
    } % likely)`
  );
  const also = others.length === 0
    ? []
    : [`Other places of that name: ${others.map(fullName).join("; ")}.`];
  return [now, "Forecast:", ...days, ...also].join("\n");
}

function compassPoint(degrees: number): string {
  const points = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
  return points[Math.round(degrees / 45) % 8] ?? "N";
}

// WMO weather interpretation codes, as the service's documentation lists them.
const WEATHER_WORDS: Record<number, string> = {
  0: "clear sky",
  1: "mainly clear",
  2: "partly cloudy",
  3: "overcast",
  45: "fog",
  48: "depositing rime fog",
  51: "light drizzle",
  53: "moderate drizzle",
  55: "dense drizzle",
  56: "light freezing drizzle",
  57: "dense freezing drizzle",
  61: "slight rain",
  63: "moderate rain",
  65: "heavy rain",
  66: "light freezing rain",
  67: "heavy freezing rain",
  71: "slight snowfall",
  73: "moderate snowfall",
  75: "heavy snowfall",
  77: "snow grains",
  80: "slight rain showers",
  81: "moderate rain showers",
  82: "violent rain showers",
  85: "slight snow showers",
  86: "heavy snow showers",
  95: "thunderstorm",
  96: "thunderstorm with slight hail",
  99: "thunderstorm with heavy hail",
};

function weatherWord(code: number | null | undefined): string {
  return WEATHER_WORDS[code ?? -1] ?? `weather code ${code ?? "unknown"}`;
}
