/**
 * What the desktop window's preload and the main process call each other by, and the message that hands a
 * port to the page (`src-renderer/src/api/port-transport.ts` waits for it).
 */

/** Preload to main: the page wants a port. */
export const CONNECT_CHANNEL = 'headframe:connect'

/** Main to preload, and preload to page: here is a port. */
export const PORT_CHANNEL = 'headframe:port'

/** The name under which the page finds the bridge. */
export const BRIDGE_NAME = 'headframe'
