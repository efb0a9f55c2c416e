/** What the offline worker understands of the web. */
import { argumentName } from "./arguments.ts";
import { cutOutput } from "./plain_output.ts";
import type { WorkStep } from "./work_step.ts";

const ADDRESS = /\bhttps?:\/\/[^\s"'`<>]+/i;

/** "Fetch https://example.com". */
export function fetchUrl(text: string): WorkStep | undefined {
  const address = ADDRESS.exec(text)?.[0].replace(/[),.;!?]+$/, "");
  if (address === undefined) return undefined;
  if (!/\b(?:fetch|get|read|open|load|download|check|show|look|summari[sz]e|what)\b/i.test(text)) {
    return undefined;
  }
  const note = /\bsummar/i.test(text)
    ? " (the built-in offline model cannot summarise; this is the text itself)"
    : "";
  return {
    tool: "fetch_url",
    subjects: [address],
    title: address,
    args: (subject, tool) => ({ [argumentName(tool, ["url", "address"])]: subject }),
    deed: (subject) => `fetch ${subject}`,
    tell: (subject, output) => `${subject} says${note}:\n${cutOutput(output)}`,
  };
}
