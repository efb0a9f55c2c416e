/** A URL whose user and password, where it has them, are `***`. Any other text stays as it is. */
export function withoutPassword<T extends string | undefined>(text: T): T | string {
  return text?.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1***@") ?? text;
}
