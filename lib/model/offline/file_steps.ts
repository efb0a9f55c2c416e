/** What the offline worker understands of files. */
import { argumentName } from "./arguments.ts";
import { cutOutput, plainOutput } from "./plain_output.ts";
import type { WorkStep } from "./work_step.ts";

const PATH = /(["'`])([^"'`\n]{1,200})\1|((?:[\w.-]+\/)*[\w-][\w.-]*\.[A-Za-z]\w{0,7})\b/;

const SEARCH = [
  /\b(?:search|look|grep)\b.*\b(?:files?|workspace|folder|notes)\b\s+for\s+(.+)$/i,
  /\b(?:search|look|grep)\s+for\s+(.+?)\s+in\s+(?:the|my|all)\s+(?:files?|workspace|folder|notes)$/i,
  /\bwhich files? (?:says?|contains?|mentions?|holds?|has|have)\s+(.+)$/i,
];

/** "Search the files for invoice". */
export function searchFiles(text: string): WorkStep | undefined {
  const plain = text.replace(/[?!.\s]+$/, "");
  const found = SEARCH.map((pattern) => pattern.exec(plain)?.[1]).find((each) =>
    each !== undefined
  );
  const words = found?.replace(/^(["'`])(.*)\1$/, "$2").trim();
  if (words === undefined || words === "") return undefined;
  return {
    tool: "search_files",
    subjects: [words],
    title: `files with "${words}"`,
    args: (subject, tool) => ({
      [argumentName(tool, ["text", "query"])]: subject,
      ...(tool?.properties.ignore_case ? { ignore_case: true } : {}),
    }),
    deed: (subject) => `search the files for "${subject}"`,
    tell: (subject, output) => `In the files, "${subject}":\n${cutOutput(output)}`,
  };
}

/** "Read notes.txt". */
export function readFile(text: string): WorkStep | undefined {
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

/** "List the files". */
export function listFiles(text: string): WorkStep | undefined {
  if (
    !/^(?:(?:the|all|my) )*files[?.!]*$/i.test(text) &&
    !/\b(?:list|show|which|what)\b.*\b(?:files?|folder|directory|workspace)\b/i.test(text)
  ) {
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
