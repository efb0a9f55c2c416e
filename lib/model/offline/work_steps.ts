/** What the offline worker understands: a table from words to a tool's use. */
import { argumentName } from "./arguments.ts";
import { findExpression } from "./expression.ts";
import { cutOutput, plainOutput } from "./plain_output.ts";
import { findPlaces, splitPlaces } from "./places.ts";
import { parse } from "./reading.ts";
import { findZone } from "./time_zones.ts";
import type { WorkStep } from "./work_step.ts";

/** Understands one step's words; `undefined` when they are not its business. */
type Recogniser = (text: string) => WorkStep | undefined;

const PATH = /(["'`])([^"'`\n]{1,200})\1|((?:[\w.-]+\/)*[\w-][\w.-]*\.[A-Za-z]\w{0,7})\b/;

/** A longer sentence is no order that a few rules understand, in UTF-16 units. */
const MAX_LENGTH = 1_000;

/** In this order: a file's name may hold digits, a place's sentence may hold "time". */
const RECOGNISERS: readonly Recogniser[] = [readFile, listFiles, weather, time, arithmetic];

/** The step that a text asks for; `undefined` when the offline model does not understand it. */
export function recogniseStep(text: string): WorkStep | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  for (const recognise of RECOGNISERS) {
    const step = recognise(text);
    if (step !== undefined) return step;
  }
  return undefined;
}

function weather(text: string): WorkStep | undefined {
  if (
    !/\b(?:weather|forecast|temperature|how (?:warm|cold|hot)|warmer|colder|rain(?:ing)?|snow(?:ing)?)\b/i
      .test(
        text,
      )
  ) {
    return undefined;
  }
  const before =
    /(?<!\p{L})(\p{Lu}[\p{L}-]*(?: \p{Lu}[\p{L}-]*)*)(?:['’]s)? (?:weather|forecast|temperature)\b/u
      .exec(text.replace(/^(?:Check|Get|Find|Show|Compare|What|Tell|The)\b\s*/, ""))?.[1];
  const in_places = findPlaces(text);
  const places = in_places.length > 0 ? in_places : splitPlaces(before ?? "");
  if (places.length === 0) return undefined;
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

function time(text: string): WorkStep | undefined {
  const asks =
    /\b(?:what(?:'s|’s| is)? (?:the )?(?:current |local )?(?:time|date)|(?:current|local|the) (?:time|date)|time is it|what day)\b/i;
  if (!asks.test(text)) return undefined;
  const places = findPlaces(text);
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

function readFile(text: string): WorkStep | undefined {
  const asks =
    /\b(?:read|show|open|print|display|summari[sz]e|contents? of|what(?:'s|’s| is) in)\b/i;
  if (!asks.test(text)) return undefined;
  const found = PATH.exec(text);
  const path = found?.[2] ?? found?.[3];
  if (path === undefined) return undefined;
  const note = /\bsummar/i.test(text)
    ? " (the built-in offline model cannot summarise; this is the text itself)"
    : "";
  return {
    tool: "read_file",
    subjects: [path],
    title: `the file ${path}`,
    args: (subject, tool) => ({ [argumentName(tool, ["path", "file", "name"])]: subject }),
    deed: (subject) => `read ${subject}`,
    tell: (subject, output) => `${subject} says${note}:\n${cutOutput(output)}`,
  };
}

function listFiles(text: string): WorkStep | undefined {
  if (!/\b(?:list|show|which|what)\b.*\b(?:files?|folder|directory|workspace)\b/i.test(text)) {
    return undefined;
  }
  const named = /\b(?:in|of|under)\s+(?:the\s+)?(?:folder|directory)?\s*["'`]?([\w./-]+)["'`]?/i
    .exec(text)?.[1]?.replace(/\.$/, "");
  const dir = named === undefined || /^(?:the|my|this|workspace|folder|directory)$/i.test(named)
    ? ""
    : named;
  return {
    tool: "list_files",
    subjects: [dir],
    title: dir === "" ? "the files" : `the files in ${dir}`,
    args: (subject, tool) =>
      subject === ""
        ? {}
        : { [argumentName(tool, ["path", "directory", "dir", "folder"])]: subject },
    deed: (subject) => subject === "" ? "list the files" : `list the files in ${subject}`,
    tell: (subject, output) =>
      `The files${subject === "" ? "" : ` in ${subject}`}:\n${plainOutput(output)}`,
  };
}

/** "Oslo, Bergen and Tromsø". */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
