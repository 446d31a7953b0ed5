/**
 * What the window's session and contents may not do, which is nearly everything: the page shows what the core
 * says and talks to it over a port. Anything else would be the work of something that got into the page.
 */
import type { MenuItemConstructorOptions, Session, WebContents, WebPreferences } from 'electron'
import { isAllowedRequest, isOwnBlob, isOwnPage } from './page-address.ts'

/** Written out in full: a default that changes in Electron must not change it here. */
export const PAGE_PREFERENCES = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  // The checker's dictionaries would be fetched from the network.
  spellcheck: false,
} as const satisfies WebPreferences

/** The copy buttons of the page write text; it may not read what others copied. */
const ALLOWED_PERMISSIONS: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'fullscreen'])

/** @param developmentOrigin of the development server, null when the built page is shown */
export function hardenSession(session: Session, developmentOrigin: string | null): void {
  const allows = (permission: string, address: string): boolean =>
    ALLOWED_PERMISSIONS.has(permission) && isOwnPage(address, developmentOrigin)
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) =>
    answer(allows(permission, requestingUrl)),
  )
  session.setPermissionCheckHandler((_contents, permission, origin) => allows(permission, origin))
  session.setDevicePermissionHandler(() => false)
  session.setSpellCheckerEnabled(false)
  session.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !isAllowedRequest(url, developmentOrigin) }),
  )
  session.on('will-download', (event, item) => {
    if (!isOwnBlob(item.getURL(), developmentOrigin)) event.preventDefault()
  })
}

/** @param showMenu opens a context menu with these items */
export function hardenContents(
  contents: WebContents,
  developmentOrigin: string | null,
  showMenu: (items: MenuItemConstructorOptions[]) => void,
): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  const stayHome = (details: { url: string; isMainFrame: boolean; preventDefault(): void }): void => {
    if (!details.isMainFrame || !isOwnPage(details.url, developmentOrigin)) details.preventDefault()
  }
  contents.on('will-frame-navigate', stayHome)
  contents.on('will-redirect', stayHome)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.on('context-menu', (_event, { isEditable, selectionText }) => {
    if (isEditable) showMenu([{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }])
    else if (selectionText.trim() !== '') showMenu([{ role: 'copy' }])
  })
}
