/**
 * Where a thread's file is. Built: `threads/<name>.thread.js` below the folder of the bundle (this module may
 * end up in `chunks/`). From sources, as in tests: the TypeScript file itself, which Node strips of its types.
 */

export type ThreadName = 'mining' | 'history' | 'reader' | 'hashing' | 'safety' | 'boards'

/** @param from `import.meta.url` of the caller's module, source or bundle */
export function threadUrl(name: ThreadName, from: string = import.meta.url): URL {
  if (from.endsWith('.ts')) return new URL(`./threads/${name}.thread.ts`, from)
  const base = from.includes('/chunks/') ? '../threads/' : './threads/'
  return new URL(`${base}${name}.thread.js`, from)
}
