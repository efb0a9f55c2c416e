/** What the offline worker understands: a table from words to a tool's use. */
import { argumentName } from "./arguments.ts";
import { findExpression } from "./expression.ts";
import { listFiles, readFile, searchFiles } from "./file_steps.ts";
import { recall, remember } from "./note_steps.ts";
import { plainOutput } from "./plain_output.ts";
import { findPlaces, splitPlaces } from "./places.ts";
import { parse } from "./reading.ts";
import { findZone } from "./time_zones.ts";
import { fetchUrl } from "./web_steps.ts";
import type { WorkStep } from "./work_step.ts";

/** Understands one step's words; `undefined` when they are not its business. */
type Recogniser = (text: string) => WorkStep | undefined;

/** A longer sentence is no order that a few rules understand, in UTF-16 units. */
const MAX_LENGTH = 1_000;

/** A call for each of hundreds of places would be a flood. */
const MAX_PLACES = 30;
const WEATHER =
  /\b(?:weather|forecast|temperature|how (?:warm|cold|hot)|warmer|colder|rain(?:ing)?|snow(?:ing)?)\b/i;
const ASKS_WEATHER =
  /^(?:(?:check|get|show|tell|find|give|what(?:'s|’s| is)?|how(?:'s|’s| is)?|is|will)\b.{0,20})?\b(?:the )?(?:weather|forecast)(?: (?:like|today|tonight|tomorrow|now|please|here|forecast|report))*[?!.]*$/i;

/** In this order: a note may say anything, an address and a file's name hold digits and dots. */
const RECOGNISERS: readonly Recogniser[] = [
  remember,
  recall,
  fetchUrl,
  searchFiles,
  readFile,
  listFiles,
  weather,
  time,
  arithmetic,
];

/** The step that a text asks for; `undefined` when the offline model does not understand it. */
export function recogniseStep(text: string): WorkStep | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  for (const recognise of RECOGNISERS) {
    const step = recognise(text);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** Whether a text asks for the weather and does not say where. */
export function namesNoPlace(text: string): boolean {
  return ASKS_WEATHER.test(text) && recogniseStep(text) === undefined;
}

function weather(text: string): WorkStep | undefined {
  if (!WEATHER.test(text)) return undefined;
  const places = placesIn(text);
  if (places.length === 0 || places.length > MAX_PLACES) return undefined;
  return {
    tool: "get_weather",
    subjects: places,
    title: `the weather in ${listed(places)}`,
    compare: /\bcompar|\bwarmer\b|\bcolder\b|\bversus\b|\bvs\b|\bdifference\b/i.test(text),
    args: (place, tool) => ({
      [argumentName(tool, ["place", "location", "city", "name"])]: place,
      ...(tool?.properties.units && /\bfahrenheit\b|\bimperial\b|°\s?F\b/i.test(text)
        ? { units: "imperial" }
        : {}),
      ...(tool?.properties.days && /\bweek\b|\bnext (?:few )?days\b/i.test(text)
        ? { days: 7 }
        : {}),
    }),
    prompt: (place) => `Check the weather in ${place}`,
    deed: (place) => `find out the weather in ${place}`,
    tell: (place, output) => {
      const said = plainOutput(output);
      return said.toLowerCase().includes(place.toLowerCase())
        ? said
        : `The weather in ${place}: ${said}`;
    },
  };
}

const NAME = String.raw`\p{Lu}[\p{L}-]*(?: \p{Lu}[\p{L}-]*)*`;
const BEFORE = new RegExp(
  String
    .raw`(?<!\p{L})(${NAME}(?:(?:, | and | or )${NAME})*)(?:['’]s)? (?:weather|forecast|temperature)\b`,
  "u",
);
const BEHIND = /\b(?:weather|forecast|temperature)\s+(\p{L}[\p{L}-]*(?: \p{L}[\p{L}-]*)?)$/iu;
const NO_PLACE =
  /\b(?:like|today|tonight|tomorrow|now|report|forecast|please|here|there|is|will)\b/i;

/** "In Oslo and Rome", "Oslo and Rome weather", "weather oslo". */
function placesIn(text: string): string[] {
  const named = findPlaces(text);
  if (named.length > 0) return named;
  const plain = text.replace(/[?!.\s]+$/, "");
  const before = BEFORE.exec(
    plain.replace(/^(?:Check|Get|Find|Show|Compare|What|Tell|The)\b\s*/, ""),
  );
  const behind = BEHIND.exec(plain)?.[1] ?? "";
  return splitPlaces(before?.[1] ?? (NO_PLACE.test(behind) ? "" : behind));
}

function time(text: string): WorkStep | undefined {
  const asks =
    /\b(?:what(?:'s|’s| is)? (?:the )?(?:current |local )?(?:time|date)|(?:current|local|the) (?:time|date)|time is it|what day)\b/i;
  if (!asks.test(text)) return undefined;
  const places = findPlaces(text);
  if (places.length > MAX_PLACES) return undefined;
  return {
    tool: "current_time",
    subjects: places.length === 0 ? [""] : places,
    title: places.length === 0 ? "the time" : `the time in ${listed(places)}`,
    args: (place, tool) => {
      if (place === "") return {};
      const likely = ["time_zone", "timezone", "zone", "tz", "place", "city", "location"];
      return { [argumentName(tool, likely)]: findZone(place) ?? place };
    },
    deed: (place) => place === "" ? "find out the time" : `find out the time in ${place}`,
    prompt: (place) => place === "" ? "What time is it?" : `What time is it in ${place}?`,
    tell: (place, output) => {
      const { time, weekday, date, time_zone } = parse(output) ?? {};
      const known = time && weekday && date && time_zone;
      const said = known ? `${time} on ${weekday}, ${date} (${time_zone})` : plainOutput(output);
      return place === "" ? `It is ${said}` : `The time in ${place}: ${said}`;
    },
  };
}

function arithmetic(text: string): WorkStep | undefined {
  const expression = findExpression(text);
  if (expression === undefined) return undefined;
  return {
    tool: "calculate",
    subjects: [expression],
    title: expression,
    args: (subject, tool) => ({ [argumentName(tool, ["expression", "formula"])]: subject }),
    deed: (subject) => `work out ${subject}`,
    tell: (subject, output) => {
      const said = plainOutput(output);
      return said.includes("=") ? said : `${subject} = ${said}`;
    },
  };
}

/** "Oslo, Bergen and Tromsø". */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
