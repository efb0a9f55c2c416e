import type { ContentType } from "./content_type.ts";
import type { Got } from "./get.ts";
import type { Body } from "./read_body.ts";

/** All that came of one fetch. */
export interface Page extends Got {
  /** What was asked for. */
  readonly wanted: URL;
  readonly body: Body;
  readonly type: ContentType;
}

/** The lines on top of every answer: where from, status, type and size. */
export function pageHead({ url, wanted, redirects, response, body, type }: Page): string[] {
  const from = redirects === 0 ? "" : ` (redirected from ${wanted})`;
  return [
    `URL: ${url}${from}`,
    `Status: ${response.status}`,
    `Type: ${type.type}`,
    `Size: ${body.bytes.length} bytes`,
  ];
}
