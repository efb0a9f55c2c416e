/** Whether a model server is there and takes the key, without asking a model anything. */
import { withoutPassword } from "../url_password.ts";
import { networkClause } from "./network_clause.ts";
import { OPENAI_URL } from "./openai_url.ts";

/** Where, and with which key. */
export interface ModelAddress {
  readonly base_url: string | undefined;
  /** Never in what comes back. */
  readonly api_key: string | undefined;
}

/** What the server's list of models told; `url` is without a password. */
export type ModelReach =
  & { readonly url: string }
  & (
    /** `models` is absent where the answer is no list. */
    | { readonly kind: "answers"; readonly models?: readonly string[] }
    | { readonly kind: "refuses_key" | "has_no_list" | "fails"; readonly status: number }
    | { readonly kind: "unreachable"; readonly why: string }
  );

const TIMEOUT_MS = 5_000;
/** A longer list is not read. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Asks for `{base_url}/models`. Needs net permission for the host. Never rejects. */
export async function reachModel(
  { base_url = OPENAI_URL, api_key }: ModelAddress,
  { ask = fetch, timeout_ms = TIMEOUT_MS, signal }: {
    readonly ask?: typeof fetch;
    readonly timeout_ms?: number;
    readonly signal?: AbortSignal;
  } = {},
): Promise<ModelReach> {
  const target = `${base_url.replace(/\/+$/, "")}/models`;
  const url = withoutPassword(target);
  const deadline = AbortSignal.timeout(timeout_ms);
  try {
    const response = await ask(target, {
      headers: api_key === undefined ? {} : { authorization: `Bearer ${api_key}` },
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      // The key goes to the host that the operator named and to no other.
      redirect: "manual",
    });
    return { url, ...await judge(response) };
  } catch (error) {
    const why = deadline.aborted
      ? `no answer came within ${timeout_ms / 1000} s: check OPENAI_BASE_URL and the network`
      : networkClause(error, api_key);
    return { url, kind: "unreachable", why };
  }
}

type Judged = ModelReach extends infer Reach ? Reach extends unknown ? Omit<Reach, "url"> : never
  : never;

async function judge(response: Response): Promise<Judged> {
  const { status } = response;
  if (response.ok) {
    const models = modelsOf(await beginningOf(response));
    return { kind: "answers", ...(models === undefined ? {} : { models }) };
  }
  await response.body?.cancel();
  if (status === 401 || status === 403) return { kind: "refuses_key", status };
  if (status === 404 || status === 405 || status === 501) return { kind: "has_no_list", status };
  return { kind: "fails", status };
}

async function beginningOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_BYTES) break;
  }
  return text;
}

function modelsOf(text: string): string[] | undefined {
  try {
    const { data } = JSON.parse(text);
    if (!Array.isArray(data)) return undefined;
    return data.flatMap((model) => typeof model?.id === "string" ? [model.id] : []);
  } catch {
    return undefined;
  }
}
