import { isObject } from "../../task/json.ts";

/** Which run is meant: a request never outlives the run that it was made for. */
export interface CancelRequest {
  readonly incarnation: string;
  readonly run: number;
}

/** Whether the text of a cancel request names this run. What is no request names none. */
export function isMeant(text: string, run: CancelRequest): boolean {
  try {
    const request: unknown = JSON.parse(text);
    return isObject(request) && request["incarnation"] === run.incarnation &&
      request["run"] === run.run;
  } catch {
    return false;
  }
}
