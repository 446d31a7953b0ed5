export { type DesktopCore, type DesktopHost, registerPageScheme, runDesktop } from './main.ts'
