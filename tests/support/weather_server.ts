/**
 * A stand-in for Open-Meteo on this machine: its two endpoints in their documented shape, with a
 * few places and made-up weather that is the same every time.
 */

/** A running stand-in. */
export interface WeatherServer {
  /** For both `geocoding_url` and `forecast_url`: `http://127.0.0.1:…`. */
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly { readonly path: string; readonly query: Record<string, string> }[];
  close(): Promise<void>;
}

interface Place {
  readonly id: number;
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly elevation: number;
  readonly feature_code: string;
  readonly country_code: string;
  readonly country: string;
  readonly admin1: string;
  readonly timezone: string;
  readonly population?: number;
}

function place(
  name: string,
  admin1: string,
  [country_code, country]: readonly [string, string],
  [latitude, longitude]: readonly [number, number],
  timezone: string,
  population?: number,
): Place {
  return {
    id: Math.round(latitude * 1e5) + Math.round(longitude * 1e4),
    name,
    latitude,
    longitude,
    elevation: 26,
    feature_code: "PPL",
    country_code,
    country,
    admin1,
    timezone,
    ...(population === undefined ? {} : { population }),
  };
}

const US = ["US", "United States"] as const;
const PLACES: readonly Place[] = [
  place("Oslo", "Oslo County", ["NO", "Norway"], [59.91273, 10.74609], "Europe/Oslo", 580000),
  place("Oslo", "Minnesota", US, [48.19497, -97.13174], "America/Chicago", 330),
  place("Bergen", "Vestland", ["NO", "Norway"], [60.39299, 5.32415], "Europe/Oslo", 213585),
  place(
    "Berlin",
    "State of Berlin",
    ["DE", "Germany"],
    [52.52437, 13.41053],
    "Europe/Berlin",
    3426354,
  ),
  place("Berlin", "New Hampshire", US, [44.46867, -71.18508], "America/New_York", 9367),
  place(
    "London",
    "England",
    ["GB", "United Kingdom"],
    [51.50853, -0.12574],
    "Europe/London",
    8961989,
  ),
  place("London", "Ontario", ["CA", "Canada"], [42.98339, -81.23304], "America/Toronto", 422324),
  place("Paris", "Île-de-France", ["FR", "France"], [48.85341, 2.3488], "Europe/Paris", 2138551),
  place("Tokyo", "Tokyo", ["JP", "Japan"], [35.6895, 139.69171], "Asia/Tokyo", 9733276),
  place("New York", "New York", US, [40.71427, -74.00597], "America/New_York", 8804190),
  place(
    "São Paulo",
    "São Paulo",
    ["BR", "Brazil"],
    [-23.5475, -46.63611],
    "America/Sao_Paulo",
    12400232,
  ),
  place("Springfield", "Missouri", US, [37.21533, -93.29824], "America/Chicago", 170188),
  place("Springfield", "Massachusetts", US, [42.10148, -72.58981], "America/New_York", 154341),
  place("Springfield", "Illinois", US, [39.80172, -89.64371], "America/Chicago", 114394),
];

/** Starts the stand-in on a free port of 127.0.0.1. */
export function startWeatherServer(): WeatherServer {
  const requests: { path: string; query: Record<string, string> }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    requests.push({ path: pathname, query: Object.fromEntries(searchParams) });
    return answer(pathname, searchParams);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    close: () => server.shutdown(),
  };
}

function answer(path: string, query: URLSearchParams): Response {
  try {
    if (path === "/v1/search") return Response.json(search(query));
    if (path === "/v1/forecast") return Response.json(forecast(query));
    return Response.json({ error: true, reason: "Not Found" }, { status: 404 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return Response.json({ error: true, reason }, { status: 400 });
  }
}

function search(query: URLSearchParams): Record<string, unknown> {
  const name = query.get("name");
  if (name === null) throw new RangeError("Parameter 'name' is required");
  const wanted = plain(name);
  const fits = ({ name }: Place) =>
    wanted.length > 2
      ? plain(name).startsWith(wanted)
      : wanted.length === 2 && plain(name) === wanted;
  const results = PLACES.filter(fits).slice(0, Number(query.get("count") ?? 10));
  return { ...(results.length > 0 ? { results } : {}), generationtime_ms: 0.5 };
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

interface Units {
  readonly temperature: string;
  readonly wind: string;
  readonly rain: string;
  readonly imperial: boolean;
}

function forecast(query: URLSearchParams): Record<string, unknown> {
  const latitude = coordinate(query, "latitude", 90);
  const longitude = coordinate(query, "longitude", 180);
  const imperial = query.get("temperature_unit") === "fahrenheit";
  const units: Units = {
    temperature: imperial ? "°F" : "°C",
    wind: query.get("wind_speed_unit") === "mph" ? "mp/h" : "km/h",
    rain: query.get("precipitation_unit") === "inch" ? "inch" : "mm",
    imperial,
  };
  const current = names(query, "current");
  const daily = names(query, "daily");
  if (daily.length > 0 && !query.has("timezone")) throw new RangeError("Timezone is required");
  return {
    latitude,
    longitude,
    generationtime_ms: 0.1,
    utc_offset_seconds: 3600,
    timezone: query.get("timezone") === "auto" ? "GMT" : query.get("timezone") ?? "GMT",
    timezone_abbreviation: "GMT+1",
    elevation: 26,
    ...(current.length > 0 ? currentPart(current, latitude, units) : {}),
    ...(daily.length > 0
      ? dailyPart(daily, latitude, Number(query.get("forecast_days") ?? 7), units)
      : {}),
  };
}

function currentPart(wanted: readonly string[], latitude: number, units: Units): object {
  const known = variables(latitude, units);
  return {
    current_units: { time: "iso8601", interval: "seconds", ...pick(wanted, known, 1) },
    current: { time: "2026-01-15T12:00", interval: 900, ...pick(wanted, known, 0) },
  };
}

function dailyPart(
  wanted: readonly string[],
  latitude: number,
  days: number,
  units: Units,
): object {
  const known = variables(latitude, units);
  const values = Object.entries(pick(wanted, known, 0))
    .map(([name, value]) => [name, Array.from({ length: days }, () => value)]);
  const time = Array.from({ length: days }, (_, i) => `2026-01-${String(15 + i).padStart(2, "0")}`);
  return {
    daily_units: { time: "iso8601", ...pick(wanted, known, 1) },
    daily: { time, ...Object.fromEntries(values) },
  };
}

/** Every variable that is known: its value and its unit. */
function variables(latitude: number, units: Units): Record<string, readonly [number, string]> {
  const celsius = Math.round((30 - Math.abs(latitude) / 2) * 10) / 10;
  const degrees = (c: number): readonly [number, string] => [
    Math.round((units.imperial ? c * 1.8 + 32 : c) * 10) / 10,
    units.temperature,
  ];
  return {
    temperature_2m: degrees(celsius),
    apparent_temperature: degrees(celsius - 2),
    temperature_2m_max: degrees(celsius + 3),
    temperature_2m_min: degrees(celsius - 4),
    relative_humidity_2m: [71, "%"],
    precipitation: [0.2, units.rain],
    precipitation_sum: [1.4, units.rain],
    precipitation_probability_max: [45, "%"],
    weather_code: [61, "wmo code"],
    wind_speed_10m: [12.6, units.wind],
    wind_direction_10m: [225, "°"],
  };
}

function pick(
  wanted: readonly string[],
  known: Record<string, readonly [number, string]>,
  index: 0 | 1,
): Record<string, number | string> {
  const picked: Record<string, number | string> = {};
  for (const name of wanted) {
    const variable = known[name];
    if (variable === undefined) {
      throw new RangeError(
        `Data corrupted at path ''. Cannot initialize from invalid String value ${name}.`,
      );
    }
    picked[name] = variable[index];
  }
  return picked;
}

function names(query: URLSearchParams, key: string): string[] {
  return query.getAll(key).flatMap((list) => list.split(",")).filter((name) => name !== "");
}

function coordinate(query: URLSearchParams, key: string, limit: number): number {
  const text = query.get(key);
  const value = Number(text);
  if (text === null) throw new RangeError(`Parameter '${key}' is required`);
  if (!(Math.abs(value) <= limit)) {
    throw new RangeError(`${key} must be in range of -${limit} to ${limit}°. Given: ${text}.`);
  }
  return value;
}
