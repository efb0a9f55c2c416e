/** What the offline model says next: a text, or tool calls. */
export type Reply =
  | { readonly text: string }
  | { readonly calls: readonly PlannedCall[] };

/** A call before it has an id. */
export interface PlannedCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}
