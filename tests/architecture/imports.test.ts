/**
 * Who may import whom. The table is the architecture: a new arrow is a change of this file, in its own
 * commit, with a reason.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** Folders of `src-main` that a folder may import; every folder may import itself. */
const ALLOWED: Record<string, readonly string[]> = {
  base: [],
  mining: ['base'],
  sv1: ['base'],
  sv2: ['base'],
  net: ['base'],
  checker: ['base', 'mining'],
  proxy: ['base', 'mining', 'sv1', 'sv2', 'net'],
  history: ['base'],
  earnings: ['base', 'net', 'history'],
  fleet: ['base', 'net', 'mining'],
  drivers: ['base', 'mining'],
  settings: ['base'],
  // The practice farm lets the simulated boards of the drivers hash.
  practice: ['base', 'mining', 'sv1', 'sv2', 'net', 'checker', 'history', 'drivers'],
  api: ['base', 'mining', 'proxy', 'history', 'settings', 'practice', 'fleet', 'earnings', 'drivers'],
  app: [
    'base',
    'mining',
    'sv1',
    'sv2',
    'net',
    'checker',
    'proxy',
    'history',
    'settings',
    'practice',
    'api',
    'fleet',
    'earnings',
    'drivers',
  ],
  electron: ['base', 'settings', 'api', 'app'],
  headless: ['base', 'settings', 'api', 'app'],
  launch: [],
}

/** Who may import the contract (`src-preload/contract`). */
const CONTRACT_READERS = new Set(['api', 'app', 'electron', 'headless'])

/** Packages that only one folder may touch. */
const PACKAGE_HOMES: Record<string, readonly string[]> = {
  electron: ['src-main/electron/', 'src-main/index.ts', 'src-preload/index.ts'],
  'better-sqlite3': ['src-main/history/'],
  kysely: ['src-main/history/'],
  serialport: ['src-main/drivers/transport/'],
  usb: ['src-main/drivers/transport/'],
  pg: ['src-main/history/'],
  mqtt: ['src-main/earnings/'],
  'temporal-polyfill': ['src-main/earnings/'],
  'https-proxy-agent': ['src-main/earnings/'],
  'socks-proxy-agent': ['src-main/earnings/'],
  pino: ['src-main/app/', 'src-main/headless/', 'src-main/electron/'],
  ws: ['src-main/headless/', 'src-main/net/', 'src-main/fleet/', 'src-main/practice/'],
  'bonjour-service': ['src-main/fleet/'],
  pkijs: ['src-main/net/'],
  asn1js: ['src-main/net/'],
  '@noble/ciphers': ['src-main/sv2/noise/'],
}

interface Import {
  readonly file: string
  readonly specifier: string
  readonly typeOnly: boolean
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes(`${sep}assembly${sep}`) && !file.includes('.generated'))
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const script = file.endsWith('.vue')
    ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1]).join('\n')
    : text
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined
    if (specifier && ts.isStringLiteral(specifier)) {
      const typeOnly =
        (ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) ||
        (ts.isExportDeclaration(node) && node.isTypeOnly)
      found.push({ file, specifier: specifier.text, typeOnly })
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, script, ts.ScriptTarget.Latest))
  return found
}

function target(found: Import): string | undefined {
  if (!found.specifier.startsWith('.')) return undefined
  return relative(root, resolve(root, dirname(found.file), found.specifier))
    .split(sep)
    .join('/')
}

/** First folder below `src-main` of a path, or undefined for files directly in it. */
function folderOf(path: string): string | undefined {
  const parts = path.split('/')
  return parts[0] === 'src-main' && parts.length > 2 ? parts[1] : undefined
}

const mainImports = sources('src-main').flatMap(importsOf)
const rendererImports = sources('src-renderer').flatMap(importsOf)
const preloadImports = sources('src-preload').flatMap(importsOf)

describe('the import table', () => {
  it('names every folder of src-main', () => {
    const folders = readdirSync(join(root, 'src-main'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
    expect(folders.filter((folder) => !(folder in ALLOWED))).toEqual([])
  })

  it('is obeyed by every import between folders of src-main', () => {
    const offences = mainImports.flatMap((found) => {
      const from = folderOf(found.file.split(sep).join('/'))
      const path = target(found)
      if (!from || !path?.startsWith('src-main/')) return []
      const to = folderOf(path)
      if (!to || to === from || ALLOWED[from]?.includes(to)) return []
      return [`${found.file} imports ${path}`]
    })
    expect(offences).toEqual([])
  })

  it('lets folders enter each other through their door only', () => {
    const offences = mainImports.flatMap((found) => {
      const from = folderOf(found.file.split(sep).join('/'))
      const path = target(found)
      const to = path === undefined ? undefined : folderOf(path)
      if (!from || !path || !to || to === from) return []
      return path === `src-main/${to}/index.ts` ? [] : [`${found.file} imports ${path}`]
    })
    expect(offences).toEqual([])
  })

  it('keeps the contract free of the core, and known to the hosts and the api only', () => {
    const leaks = preloadImports
      .filter((found) => target(found)?.startsWith('src-main/'))
      .map((found) => `${found.file} imports ${found.specifier}`)
    const readers = mainImports.flatMap((found) => {
      const from = folderOf(found.file.split(sep).join('/'))
      if (!target(found)?.startsWith('src-preload/')) return []
      return from && CONTRACT_READERS.has(from) ? [] : [`${found.file} imports ${found.specifier}`]
    })
    expect([...leaks, ...readers]).toEqual([])
  })

  it('keeps the renderer away from the core, and from the contract except for its types', () => {
    const offences = rendererImports.flatMap((found) => {
      const path = target(found)
      if (path?.startsWith('src-main/')) return [`${found.file} imports ${path}`]
      const contract = found.specifier === '@contract' || path?.startsWith('src-preload/')
      return contract && !found.typeOnly ? [`${found.file} imports the contract as a value`] : []
    })
    expect(offences).toEqual([])
  })

  it('keeps packages with side effects in the folders that own them', () => {
    const offences = [...mainImports, ...preloadImports].flatMap((found) => {
      const name = found.specifier.startsWith('@')
        ? found.specifier.split('/').slice(0, 2).join('/')
        : found.specifier.split('/')[0]!
      const homes = PACKAGE_HOMES[name]
      const file = found.file.split(sep).join('/')
      return homes && !homes.some((home) => file.startsWith(home)) ? [`${found.file} imports ${name}`] : []
    })
    expect(offences).toEqual([])
  })

  it('never asks node:crypto for what Electron lacks', () => {
    const offences = sources('src-main').filter((file) =>
      /create(?:Cipheriv|Decipheriv)\(\s*['"]chacha|createECDH\(/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    )
    expect(offences).toEqual([])
  })

  it('knows of no practice mode in production code', () => {
    const offences = mainImports.flatMap((found) => {
      const from = folderOf(found.file.split(sep).join('/'))
      const path = target(found)
      return path?.startsWith('src-main/practice/') && from !== 'practice' && from !== 'app' && from !== 'api'
        ? [`${found.file} imports ${path}`]
        : []
    })
    expect(offences).toEqual([])
  })
})
