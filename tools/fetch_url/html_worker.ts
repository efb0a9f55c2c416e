/** A thread that makes HTML readable, and that can be ended when it takes too long. */
import { htmlToText } from "./html_to_text.ts";

/** What is sent to it; it answers with the text. */
export interface HtmlToRead {
  readonly html: string;
  readonly url: string;
}

const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<HtmlToRead>) => void;
  postMessage(text: string): void;
};
thread.onmessage = ({ data }) => thread.postMessage(htmlToText(data.html, data.url));
