/** Reads the body of a 200 as the chunks of a chat completion, whatever its content type claims. */
import { APIError, type OpenAI } from "openai";
import { Stream } from "openai/streaming";
import { asObject, ProtocolBreak } from "./protocol_break.ts";

const BLANK = new Set([0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf]);
const OPENING_BRACE = 0x7b;
const LESS_THAN = 0x3c;
/** Characters of a body that is no completion which are quoted in the error. */
const PREVIEW_LENGTH = 160;

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * One answer's body. Servers send JSON to a request for a stream, web pages with status 200, and
 * streams as text/plain: the first byte that is not blank tells them apart, the header does not.
 */
export class AnswerBody {
  readonly #response: Response;
  readonly #client: OpenAI;
  readonly #controller: AbortController;
  readonly #max_bytes: number;
  #ended = false;
  #tail = "";
  #preview = "";

  /**
   * @param controller aborted when the reader leaves before the end
   * @param max_bytes of the body, decompressed
   */
  constructor(
    response: Response,
    client: OpenAI,
    controller: AbortController,
    max_bytes: number,
  ) {
    this.#response = response;
    this.#client = client;
    this.#controller = controller;
    this.#max_bytes = max_bytes;
  }

  /** The server said that this was all: `data: [DONE]`, or a whole JSON body. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The beginning of the body, for an error message. */
  get preview(): string {
    return this.#preview.slice(0, PREVIEW_LENGTH);
  }

  /**
   * Chunks as parsed JSON, unchecked.
   *
   * @throws {ProtocolBreak} when the body is none of a completion or too long; whatever reading
   * the network throws, as it is
   */
  async *chunks(): AsyncGenerator<unknown> {
    const reader = this.#response.body?.getReader();
    if (reader === undefined) throw new ProtocolBreak("it answered with nothing");
    const head = await readHead(reader);
    const first = head.find((byte) => !BLANK.has(byte));
    if (first === undefined) throw new ProtocolBreak("it answered with nothing");
    const response = new Response(this.#watched(head, reader));
    if (first === LESS_THAN) {
      await this.#readPreview(response);
      throw new ProtocolBreak("it answered with a web page instead of a chat completion");
    }
    if (first === OPENING_BRACE) {
      const chunk = wholeAsChunk(await response.text());
      this.#ended = true;
      yield chunk;
    } else {
      // Without a client it would write to the console about events that it cannot parse.
      yield* Stream.fromSSEResponse(response, this.#controller, this.#client);
    }
  }

  /** The same bytes, counted, and looked through for the end mark that `Stream` swallows. */
  #watched(
    head: Bytes,
    reader: ReadableStreamDefaultReader<Bytes>,
  ): ReadableStream<Bytes> {
    let size = 0;
    const decoder = new TextDecoder();
    const pass = (bytes: Bytes, controller: ReadableStreamDefaultController<Bytes>): void => {
      size += bytes.length;
      if (size > this.#max_bytes) {
        const most = this.#max_bytes.toLocaleString("en");
        throw new ProtocolBreak(`its answer is larger than ${most} bytes`);
      }
      if (this.#preview.length < PREVIEW_LENGTH) {
        this.#preview += decoder.decode(bytes.subarray(0, PREVIEW_LENGTH), { stream: true });
      }
      this.#lookForEnd(bytes);
      controller.enqueue(bytes);
    };
    return new ReadableStream<Bytes>({
      start: (controller) => pass(head, controller),
      pull: async (controller) => {
        const { value, done } = await reader.read();
        if (done) controller.close();
        else pass(value, controller);
      },
      cancel: (reason) => reader.cancel(reason),
    });
  }

  async #readPreview(response: Response): Promise<void> {
    for await (const _ of response.body ?? []) {
      if (this.#preview.length >= PREVIEW_LENGTH) break;
    }
  }

  #lookForEnd(bytes: Bytes): void {
    const text = this.#tail + new TextDecoder("latin1").decode(bytes);
    if (/(^|[\r\n])data: ?\[DONE\]/.test(text)) this.#ended = true;
    this.#tail = text.slice(-16);
  }
}

/** What comes up to and with the first piece that is not all blank. */
async function readHead(reader: ReadableStreamDefaultReader<Bytes>): Promise<Bytes> {
  let head: Bytes = new Uint8Array();
  while (!head.some((byte) => !BLANK.has(byte))) {
    const { value, done } = await reader.read();
    if (done) break;
    const joined = new Uint8Array(head.length + value.length);
    joined.set(head);
    joined.set(value, head.length);
    head = joined.length > 65_536 ? joined.slice(-1) : joined;
  }
  return head;
}

/** A completion that came in one piece, in the form of a stream's only chunk. */
function wholeAsChunk(text: string): unknown {
  let body: Record<string, unknown> | undefined;
  try {
    body = asObject(JSON.parse(text));
  } catch (cause) {
    throw new ProtocolBreak("it answered with JSON that does not parse", { cause });
  }
  if (asObject(body?.error) !== undefined) {
    throw new APIError(undefined, body?.error as object, undefined, undefined);
  }
  const choices = Array.isArray(body?.choices) ? body.choices : [];
  return {
    ...body,
    choices: choices.map((choice) => ({ ...choice, delta: asObject(choice)?.message })),
  };
}
