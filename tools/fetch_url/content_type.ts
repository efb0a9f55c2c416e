/** What a body is to be treated as. */
export type Kind = "html" | "text" | "file";

/** The type of a body, as its header says or as it looks. */
export interface ContentType {
  readonly kind: Kind;
  /** `text/html`, or `unknown`. */
  readonly type: string;
  readonly charset?: string;
}

const TYPE = /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/;
const HTML = /^(text\/html|application\/xhtml\+xml)$/;
const TEXT = new RegExp(
  "^text/|[+/](json|xml|yaml)$|" +
    "^application/(x-)?(ndjson|jsonlines|javascript|ecmascript|toml|markdown|yaml|sql|sh)$",
);
const SNIFFED_BYTES = 1024;

/** Reads the header; without one, or where it says nothing, looks at the bytes. */
export function contentType(header: string | null, bytes: Uint8Array): ContentType {
  const [first = "", ...parameters] = (header ?? "").toLowerCase().split(";");
  const type = TYPE.test(first.trim()) ? first.trim() : "unknown";
  const named = parameters.map((p) => /^\s*charset\s*=\s*["']?([\w.:-]+)/.exec(p)?.[1]);
  const charset = named.find((name) => name !== undefined);
  const kind = type === "unknown" ? sniff(bytes) : kindOf(type);
  return { kind, type, ...(charset === undefined ? {} : { charset }) };
}

function kindOf(type: string): Kind {
  if (HTML.test(type)) return "html";
  return TEXT.test(type) ? "text" : "file";
}

function sniff(bytes: Uint8Array): Kind {
  const start = bytes.subarray(0, SNIFFED_BYTES);
  if (start.includes(0)) return "file";
  const text = new TextDecoder().decode(start);
  return /^\ufeff?\s*<(!doctype html|html|head|body)\b/i.test(text) ? "html" : "text";
}
