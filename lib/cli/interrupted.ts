/** Ctrl-C came before there was anything to stop: the program ends without a word. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
