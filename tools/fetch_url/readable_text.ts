import type { Kind } from "./content_type.ts";
import { htmlToText } from "./html_to_text.ts";
import type { HtmlToRead } from "./html_worker.ts";

// An honest page of this length takes under a second; hostile ones must fit into the tool's memory.
const HTML_LENGTH = 2_000_000;
const HTML_SECONDS = 8;
// What takes no time, however hostile it is, needs no thread.
const SMALL_LENGTH = 5_000;

/** A text to be read, and as a sentence what it lacks. */
export interface Readable {
  readonly text: string;
  readonly note?: string;
}

/**
 * A page as Markdown, its title on top and its links absolute; other text as it is.
 *
 * @throws {Error} when it is made to take too long
 */
export async function readableText(text: string, kind: Kind, url: URL): Promise<Readable> {
  const isCut = kind === "html" && text.length > HTML_LENGTH;
  const readable = kind === "html" ? await readHtml(text.slice(0, HTML_LENGTH), url) : text;
  // deno-lint-ignore no-control-regex
  const plain = readable.replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "");
  const note = `Of its HTML the first ${HTML_LENGTH} characters were made readable.`;
  return { text: plain.trim(), ...(isCut ? { note } : {}) };
}

// No library was found whose time does not grow with the square of something: the one used here
// takes minutes for a megabyte of opened and never closed `<code>`.
async function readHtml(html: string, { href }: URL): Promise<string> {
  if (html.length <= SMALL_LENGTH) return htmlToText(html, href);
  const worker = new Worker(new URL("./html_worker.ts", import.meta.url), { type: "module" });
  const result = Promise.withResolvers<string>();
  worker.onmessage = ({ data }) => result.resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    result.reject(new Error(`"${href}" cannot be made readable: ${event.message}`));
  };
  const late = `"${href}" cannot be made readable: its HTML takes more than ${HTML_SECONDS} s`;
  const timer = setTimeout(() => result.reject(new Error(late)), 1000 * HTML_SECONDS);
  try {
    worker.postMessage({ html, url: href } satisfies HtmlToRead);
    return await result.promise;
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}
