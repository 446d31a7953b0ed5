import type { Session, WebContents } from 'electron'
import { describe, expect, it } from 'vitest'
import { hardenContents, hardenSession, PAGE_PREFERENCES } from '../../../src-main/electron/hardening.ts'
import { PAGE_ORIGIN } from '../../../src-main/electron/page-address.ts'
import {
  type MenuItem,
  StandInContents,
  StandInEvent,
  StandInSession,
} from '../../support/electron-stand-in.ts'

function hardenedSession(): StandInSession {
  const session = new StandInSession()
  hardenSession(session as unknown as Session, null)
  return session
}

function hardenedContents(): { contents: StandInContents; menus: unknown[] } {
  const contents = new StandInContents()
  const menus: unknown[] = []
  hardenContents(contents as unknown as WebContents, null, (items) => menus.push(items))
  return { contents, menus }
}

class Navigation extends StandInEvent {
  readonly url: string
  readonly isMainFrame: boolean

  constructor(url: string, isMainFrame = true) {
    super()
    this.url = url
    this.isMainFrame = isMainFrame
  }
}

describe('the session', () => {
  it.each([
    'geolocation',
    'media',
    'notifications',
    'openExternal',
    'clipboard-read',
    'hid',
    'serial',
    'usb',
    'unknown',
  ])('refuses the permission %s', (permission) => {
    const session = hardenedSession()
    const answers: boolean[] = []
    session.permissionRequest(null, permission, (answer: boolean) => answers.push(answer), {
      requestingUrl: `${PAGE_ORIGIN}/`,
    })
    expect(answers).toEqual([false])
    expect(session.permissionCheck(null, permission, PAGE_ORIGIN)).toBe(false)
  })

  it('lets our page, and no other, put text into the clipboard', () => {
    const session = hardenedSession()
    const ask = (requestingUrl: string): boolean => {
      let granted = false
      session.permissionRequest(null, 'clipboard-sanitized-write', (answer: boolean) => (granted = answer), {
        requestingUrl,
      })
      return granted && session.permissionCheck(null, 'clipboard-sanitized-write', requestingUrl)
    }
    expect([ask(`${PAGE_ORIGIN}/#/pools`), ask('https://evil.example.com/')]).toEqual([true, false])
  })

  it('reaches for nothing outside', () => {
    const session = hardenedSession()
    const isCancelled = (url: string): boolean | undefined => {
      let cancel: boolean | undefined
      session.beforeRequest({ url }, (answer) => (cancel = answer.cancel))
      return cancel
    }
    expect(isCancelled('https://example.com/')).toBe(true)
    expect(isCancelled('http://127.0.0.1:4950/')).toBe(true)
    expect(isCancelled(`${PAGE_ORIGIN}/assets/index.js`)).toBe(false)
    expect([session.spellChecks, session.device()]).toEqual([false, false])
  })
})

describe('downloads', () => {
  it.each([
    [`blob:${PAGE_ORIGIN}/5d2c`, false],
    [`${PAGE_ORIGIN}/assets/index.js`, true],
    ['https://evil.example.com/setup.exe', true],
    ['blob:https://evil.example.com/5d2c', true],
    ['blob:null/5d2c', true],
    ['data:text/plain,hello', true],
  ])('of %s: what the page itself put together may be saved, nothing else', (url, prevented) => {
    const session = hardenedSession()
    const download = new StandInEvent()
    session.emit('will-download', download, { getURL: () => url })
    expect(download.isPrevented).toBe(prevented)
  })
})

describe('the contents', () => {
  it('may do nothing but show a page', () => {
    expect(PAGE_PREFERENCES).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
    })
  })

  it.each(['will-frame-navigate', 'will-redirect'])('stay where they are at %s', (event) => {
    const { contents } = hardenedContents()
    const go = (url: string, isMainFrame?: boolean): boolean => {
      const navigation = new Navigation(url, isMainFrame)
      contents.emit(event, navigation)
      return !navigation.isPrevented
    }
    expect(go('https://evil.example.com/')).toBe(false)
    expect(go('file:///etc/passwd')).toBe(false)
    expect(go('javascript:alert(1)')).toBe(false)
    expect(go(`${PAGE_ORIGIN}/`, false)).toBe(false)
    expect(go(`${PAGE_ORIGIN}/#/pools`)).toBe(true)
  })

  it('open no window and no webview', () => {
    const { contents } = hardenedContents()
    expect(contents.windowOpenHandler?.({ url: `${PAGE_ORIGIN}/` })).toEqual({ action: 'deny' })
    const webview = new StandInEvent()
    contents.emit('will-attach-webview', webview)
    expect(webview.isPrevented).toBe(true)
  })

  it('offer what the clipboard can do with what was clicked', () => {
    const { contents, menus } = hardenedContents()
    const roles = (items: unknown): unknown[] => (items as MenuItem[]).map(({ role }) => role)
    contents.emit('context-menu', {}, { isEditable: true, selectionText: '' })
    contents.emit('context-menu', {}, { isEditable: false, selectionText: 'text' })
    contents.emit('context-menu', {}, { isEditable: false, selectionText: ' ' })
    expect(menus.map(roles)).toEqual([['cut', 'copy', 'paste', 'selectAll'], ['copy']])
  })
})
