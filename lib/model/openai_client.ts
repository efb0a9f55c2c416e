/** npm:openai set up so that it does one request and nothing by itself. */
import { OpenAI } from "openai";

/** Of an error's body only the first words are used. */
const MAX_ERROR_BYTES = 64 * 1024;

export interface ClientOptions {
  /** Without it no Authorization header is sent. */
  readonly api_key?: string | undefined;
  readonly base_url: string;
  /** Milliseconds after which the caller gives a call up by itself. */
  readonly timeout_ms: number;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

/**
 * A client that takes nothing from the environment but `OPENAI_CUSTOM_HEADERS`, which the package
 * reads in any case where the process may.
 */
export function openClient(options: ClientOptions): OpenAI {
  const ask = options.fetch ?? fetch;
  return new OpenAI({
    // The package insists on a key; local servers have none.
    apiKey: options.api_key ?? "none",
    ...(options.api_key === undefined ? { defaultHeaders: { Authorization: null } } : {}),
    baseURL: options.base_url,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: "off",
    maxRetries: 0,
    // Only until the headers, and later than our own deadline, which says what happened.
    timeout: options.timeout_ms + 1_000,
    fetch: async (url, init) => boundError(await ask(url as string | URL | Request, init)),
  });
}

/**
 * Error bodies are read whole by the openai package, and what breaks while it reads them becomes
 * the server's words. So it gets the beginning of them only, and none of the breaking.
 */
function boundError(response: Response): Response {
  if (response.ok || response.body === null) return response;
  const reader = response.body.getReader();
  let left = MAX_ERROR_BYTES;
  const bounded = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      if (value !== undefined) controller.enqueue(value.subarray(0, left));
      left -= value?.length ?? left;
      if (left > 0) return;
      controller.close();
      await reader.cancel().catch(() => {});
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const { status, statusText, headers } = response;
  return new Response(bounded, { status, statusText, headers });
}
