/**
 * Text as both databases give it back: without NUL, which PostgreSQL refuses, and without halves of characters, which
 * neither keeps. Names of rigs are the rigs' own words, so both occur.
 */
export function plainText(text: string, length: number): string {
  return text.slice(0, length).replaceAll('\0', '\uFFFD').toWellFormed()
}
