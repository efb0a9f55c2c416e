import type { Found, Provider } from "./provider.ts";

const REQUEST_MS = 20_000;
// Twenty long results are a tenth of it.
const ANSWER_BYTES = 2_000_000;

/**
 * Asks a provider, once.
 *
 * @throws {Error} one clause that says what is wrong; nothing that the server or the connection
 * said is in it, so a key cannot be either
 */
export async function ask(
  provider: Provider,
  request: Request,
  signal: AbortSignal,
): Promise<Found[]> {
  const at = `${provider.name} at ${new URL(request.url).host}`;
  const { response, text } = await exchange(request, signal, at);
  if (response.status !== 200) throw new Error(`${at} ${statusProblem(response, provider)}`);
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`${at} answered with something that is no JSON`);
  }
  try {
    return provider.read(answer);
  } catch {
    throw new Error(`${at} answered in an unknown form`);
  }
}

async function exchange(
  request: Request,
  signal: AbortSignal,
  at: string,
): Promise<{ response: Response; text: string }> {
  const late = AbortSignal.timeout(REQUEST_MS);
  try {
    // A redirect is no answer, and to follow one would take the key to another server.
    const response = await fetch(request, {
      redirect: "manual",
      signal: AbortSignal.any([signal, late]),
    });
    return { response, text: await readText(response, at) };
  } catch (error) {
    if (error instanceof TooLong) throw new Error(error.message);
    if (late.aborted) throw new Error(`${at} did not answer within ${REQUEST_MS / 1000} s`);
    throw new Error(`${at} cannot be reached`);
  }
}

class TooLong extends Error {}

async function readText(response: Response, at: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > ANSWER_BYTES) throw new TooLong(`${at} answered with too much`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function statusProblem(
  { status, headers }: Response,
  { statuses, key_variable }: Provider,
): string {
  const special = statuses?.[status];
  const said = `answered ${status}`;
  if (special !== undefined) return `${said}: ${special}`;
  if (status === 401 || status === 403) {
    const key = key_variable === undefined
      ? "it wants to know who asks"
      : "it does not take the key";
    return `${said}: ${key}`;
  }
  if (status === 429) return `${said}: too many searches, ${pause(headers.get("retry-after"))}`;
  if (status >= 500) return `${said}: it has a fault of its own, try again later`;
  if (status >= 300 && status < 400) {
    return `${said}: it is somewhere else, its url is to be changed`;
  }
  return said;
}

function pause(retryAfter: string | null): string {
  const seconds = retryAfter === null ? NaN : Number(retryAfter);
  return Number.isInteger(seconds) && seconds > 0 ? `try again in ${seconds} s` : "try again later";
}
