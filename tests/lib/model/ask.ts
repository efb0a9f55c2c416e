import type { ModelAnswer, ModelRequest } from "../../../lib/model/model.ts";
import { ModelError } from "../../../lib/model/model.ts";
import { type ModelOptions, openModel } from "../../../lib/model/openai_model.ts";
import { type ModelServer, type Script, startModelServer } from "../../support/model_server.ts";

/** What a request says where a test does not care. */
export const HELLO: ModelRequest = { messages: [{ role: "user", content: "Hello" }] };

/** A test's own words for the model and the request. */
export interface Asking extends Partial<ModelRequest> {
  readonly options?: Partial<ModelOptions>;
}

/** Starts a server with a script, asks it once, and hands everything to the test. */
export async function ask(script: Script, asking: Asking = {}): Promise<Asked> {
  await using server = await startModelServer(script);
  const pieces: string[] = [];
  const { options, ...request } = asking;
  const model = openModel({ name: "m1", api_key: KEY, base_url: server.base_url, ...options });
  const answer = await model.complete({
    ...HELLO,
    onText: (piece) => pieces.push(piece),
    ...request,
  });
  return { answer, pieces, server };
}

/** The key of every test's client; no message may hold it. */
export const KEY = "test-key-0123456789";

export interface Asked {
  readonly answer: ModelAnswer;
  readonly pieces: readonly string[];
  readonly server: ModelServer;
}

/** As `ask`, where the call has to fail: the error, its host replaced by "HOST". */
export async function askInVain(script: Script, asking: Asking = {}): Promise<Failed> {
  await using server = await startModelServer(script);
  const { options, ...request } = asking;
  const model = openModel({ name: "m1", api_key: KEY, base_url: server.base_url, ...options });
  return await failureOf(model.complete({ ...HELLO, ...request }), server);
}

export interface Failed {
  readonly error: ModelError;
  readonly message: string;
  readonly requests: number;
}

async function failureOf(call: Promise<ModelAnswer>, server: ModelServer): Promise<Failed> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const message = error.message.replaceAll(new URL(server.base_url).host, "HOST");
    return { error, message, requests: server.requests.length };
  }
  throw new Error("the call did not fail");
}
