import { describe, expect, it } from 'vitest'
import { type PageFile } from '../../../src-main/app/index.ts'
import {
  answerPageRequest,
  isAllowedRequest,
  isOwnPage,
  PAGE_ORIGIN,
} from '../../../src-main/electron/page-address.ts'

const DEV = 'http://localhost:5173'

describe("the page's address", () => {
  it.each([`${PAGE_ORIGIN}/`, `${PAGE_ORIGIN}/#/pools`, `${PAGE_ORIGIN}/index.html?x=1`])(
    'is %s',
    (address) => {
      expect(isOwnPage(address, null)).toBe(true)
    },
  )

  it.each([
    'app://other/',
    'app://headframe.example.com/',
    'app://headframe:1/',
    'app://user@headframe.example.com/',
    'app:headframe/',
    'application://headframe/',
    'file:///opt/headframe/index.html',
    'https://headframe/',
    'about:blank',
    '',
    'no address',
  ])('is not %s', (address) => {
    expect(isOwnPage(address, null)).toBe(false)
  })

  it('is that of the development server, and then that alone', () => {
    expect(isOwnPage(`${DEV}/#/rigs`, DEV)).toBe(true)
    expect(isOwnPage('http://localhost:5174/', DEV)).toBe(false)
    expect(isOwnPage('http://localhost:5173.example.com/', DEV)).toBe(false)
    expect(isOwnPage(`${PAGE_ORIGIN}/`, DEV)).toBe(false)
  })
})

describe('what the page may ask for', () => {
  it.each([
    `${PAGE_ORIGIN}/assets/a.js`,
    'data:image/png;base64,AA',
    'blob:app://headframe/1',
    'devtools://devtools/x',
  ])('is %s', (address) => {
    expect(isAllowedRequest(address, null)).toBe(true)
  })

  it.each([
    'https://example.com/',
    'http://127.0.0.1:4950/api/pools',
    'ws://127.0.0.1:1/',
    'file:///etc/passwd',
    `${DEV}/`,
  ])('is not %s', (address) => {
    expect(isAllowedRequest(address, null)).toBe(false)
  })

  it('includes the socket of the development server', () => {
    expect(isAllowedRequest('ws://localhost:5173/?token=x', DEV)).toBe(true)
    expect(isAllowedRequest('ws://localhost:5174/', DEV)).toBe(false)
  })
})

describe('answering for the page', () => {
  const file: PageFile = {
    body: Buffer.from('<!doctype html>'),
    type: 'text/html; charset=utf-8',
    cache: 'no-cache',
  }
  const files = new Map([['/', file]])

  it('gives a file with the strict policy', async () => {
    const response = answerPageRequest(files, { method: 'GET', url: `${PAGE_ORIGIN}/?x#/pools` })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('<!doctype html>')
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toContain("connect-src 'self';")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each([
    ['GET', `${PAGE_ORIGIN}/../../etc/passwd`],
    ['GET', `${PAGE_ORIGIN}/none.js`],
    ['GET', 'app://other/'],
    ['POST', `${PAGE_ORIGIN}/`],
  ])('gives nothing for %s %s', (method, url) => {
    expect(answerPageRequest(files, { method, url }).status).toBe(404)
  })
})
