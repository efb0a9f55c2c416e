/** A text as a log message of its own: braces in it are no placeholders. */
export function literal(text: string): string {
  return text.replaceAll("{", "{{").replaceAll("}", "}}");
}
