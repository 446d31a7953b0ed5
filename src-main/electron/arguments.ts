/**
 * What Electron was started with holds more than our options: the path of the program, and switches for
 * Chromium and Node. Those are theirs to check. Pure.
 */

/** Switches that people and systems pass to Chromium or Node, by how they begin. */
const FOREIGN =
  /^--(no-sandbox|disable-|enable-|force-|gtk-|high-dpi|ignore-|in-process-|inspect|js-flags|lang|log-|ozone-|password-store|proxy-|remote-debugging|touch-|trace-|use-|user-data-dir|v=|vmodule|wayland-|xdg-)|^-psn_/

/**
 * @param argv `process.argv` as Electron gives it
 * @param isPackaged without a path of the program in second place
 */
export function ownArguments(argv: readonly string[], isPackaged: boolean): string[] {
  const rest = argv.slice(1).filter((argument) => !FOREIGN.test(argument))
  return isPackaged || rest[0]?.startsWith('--') ? rest : rest.slice(1)
}
