import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadPageFiles, pagePolicy } from '../../../src-main/app/page-files.ts'
import { temporaryDir } from '../../support/temporary-dir.ts'

describe('the files of the page', () => {
  it('are found by the path they are asked for, the page also by /', () => {
    const dir = temporaryDir()
    mkdirSync(join(dir, 'assets', 'fonts'), { recursive: true })
    writeFileSync(join(dir, 'index.html'), '<!doctype html>')
    writeFileSync(join(dir, 'assets', 'fonts', 'a.woff2'), 'font')
    writeFileSync(join(dir, 'strange.bin'), '?')
    const files = loadPageFiles(dir)
    expect([...files.keys()].sort()).toEqual(['/', '/assets/fonts/a.woff2', '/index.html', '/strange.bin'])
    expect(files.get('/')).toBe(files.get('/index.html'))
    expect(files.get('/')).toMatchObject({ type: 'text/html; charset=utf-8', cache: 'no-cache' })
    expect(files.get('/assets/fonts/a.woff2')?.cache).toContain('immutable')
    expect(files.get('/strange.bin')?.type).toBe('application/octet-stream')
  })

  it('cannot be had from a folder that is not there', () => {
    expect(() => loadPageFiles(join(temporaryDir(), 'none'))).toThrow('ENOENT')
  })
})

describe('the content policy', () => {
  it('allows nothing from elsewhere, and connections only where it is told', () => {
    expect(pagePolicy()).toContain("connect-src 'self';")
    expect(pagePolicy(['ws://127.0.0.1:4950'])).toContain("connect-src 'self' ws://127.0.0.1:4950;")
    expect(pagePolicy()).not.toMatch(/unsafe-eval|https?:|\*/)
  })
})
