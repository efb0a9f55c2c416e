/** Puts the tool calls of an answer together from the pieces that servers stream. */
import type { ToolCallRequest } from "./model.ts";
import { asObject, ProtocolBreak } from "./protocol_break.ts";

interface PartialCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  arguments: string;
  /** Fields that we do not know; a server may want them back with the call. */
  extra: Record<string, unknown>;
}

/** One piece, its fields checked. Absent texts are empty. */
interface Piece {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  readonly extra: Record<string, unknown>;
}

/**
 * Servers disagree on how pieces belong together, so the rules are our own: some give every call
 * index 0, some no index, some no ids, some a new id in every piece of one call.
 */
export class ToolCallAssembler {
  readonly #calls: PartialCall[] = [];

  /** Takes one element of a delta's `tool_calls`; answers how many characters it brought. */
  add(delta: unknown): number {
    const piece = readPiece(delta);
    if (piece === undefined) return 0;
    const call = this.#continued(piece);
    if (call === undefined) {
      this.#calls.push({ ...piece });
    } else {
      // A name that is repeated in every piece is not a longer name.
      if (piece.name !== call.name) call.name += piece.name;
      call.id ||= piece.id;
      call.arguments += piece.arguments;
      Object.assign(call.extra, piece.extra);
    }
    return piece.id.length + piece.name.length + piece.arguments.length;
  }

  /**
   * The calls in the order in which they began. Ids that are missing or taken are made here.
   *
   * @throws {ProtocolBreak} when a call names no tool
   */
  finish(): ToolCallRequest[] {
    const taken = new Set<string>();
    return this.#calls.map((call) => {
      if (call.name === "") {
        throw new ProtocolBreak("it answered with a tool call that has no name");
      }
      const id = call.id === "" || taken.has(call.id) ? `call_${crypto.randomUUID()}` : call.id;
      taken.add(id);
      return {
        ...call.extra,
        id,
        type: "function" as const,
        function: { name: call.name, arguments: call.arguments },
      };
    });
  }

  /** The call that a piece goes on with; `undefined` when it begins a new one. */
  #continued(piece: Piece): PartialCall | undefined {
    const current = piece.index === undefined
      ? this.#calls.findLast((call) => piece.id === "" || call.id === piece.id)
      : this.#calls.findLast((call) => call.index === piece.index);
    if (current === undefined || piece.name === "") return current;
    if (piece.id !== "" && current.id !== "" && piece.id !== current.id) return undefined;
    // Named again without a new id: another call when this one is complete already.
    return piece.id === "" && isJson(current.arguments) ? undefined : current;
  }
}

function readPiece(delta: unknown): Piece | undefined {
  const fields = asObject(delta);
  if (fields === undefined) return undefined;
  const { index, id, type: _type, function: called, ...extra } = fields;
  const { name, arguments: args } = asObject(called) ?? {};
  return {
    index: typeof index === "number" ? index : undefined,
    id: typeof id === "string" ? id : "",
    name: typeof name === "string" ? name : "",
    // Some servers send the parsed object where the protocol wants its text.
    arguments: typeof args === "string" ? args : JSON.stringify(args ?? undefined) ?? "",
    extra,
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
