export { type DesktopHost, registerPageScheme, runDesktop } from './main.ts'
