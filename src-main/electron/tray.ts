/** The tray icon. */
import { Menu, nativeImage, Tray } from 'electron'
import { join } from 'node:path'
import { errorText, type Logger } from '../base/index.ts'
import { type TrayFace } from './menu-keeper.ts'

export interface TrayOptions {
  readonly resourcesDir: string
  /** As in `process.platform`. */
  readonly platform: string
  readonly log: Logger
  onClick(): void
}

/** @returns null where there is no tray. On Linux the system does not tell: an icon may stay unseen. */
export function createTray({ resourcesDir, platform, log, onClick }: TrayOptions): TrayFace | null {
  try {
    // macOS colours template images itself; the file with @2x in its name is found by itself.
    const name = platform === 'darwin' ? 'headframeTemplate.png' : 'headframe.png'
    const image = nativeImage.createFromPath(join(resourcesDir, 'tray', name))
    if (image.isEmpty()) throw new Error(`resources/tray/${name} cannot be read`)
    const tray = new Tray(image)
    // A click on macOS opens the menu.
    if (platform !== 'darwin') tray.on('click', onClick)
    return {
      setTooltip: (text) => tray.setToolTip(text),
      setMenu: (items) => tray.setContextMenu(Menu.buildFromTemplate(items)),
    }
  } catch (error) {
    log.warn('there is no tray', { error: errorText(error) })
    return null
  }
}
