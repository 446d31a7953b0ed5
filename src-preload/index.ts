/**
 * The bridge between the desktop window's page and the core: it asks for a message port when the page does,
 * and hands it over. Nothing else crosses; what may be called over the port is the contract.
 *
 * Runs sandboxed, in a world of its own, in the top frame alone.
 */
import { contextBridge, ipcRenderer } from 'electron'
import { BRIDGE_NAME, CONNECT_CHANNEL, PORT_CHANNEL } from './channels.ts'

contextBridge.exposeInMainWorld(BRIDGE_NAME, {
  connect: (): void => ipcRenderer.send(CONNECT_CHANNEL),
})

ipcRenderer.on(PORT_CHANNEL, ({ ports }) => {
  const [port] = ports
  // To this very page: a port cannot be called back once another page has it.
  if (port !== undefined) window.postMessage(PORT_CHANNEL, location.origin, [port])
})
