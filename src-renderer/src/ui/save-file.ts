/** Hands a file to the browser, to be kept wherever the person keeps downloads. */
export function saveFile(parts: readonly BlobPart[], fileName: string, type: string): void {
  const address = URL.createObjectURL(new Blob([...parts], { type }))
  const anchor = document.createElement('a')
  anchor.href = address
  anchor.download = fileName
  anchor.click()
  // The browser has begun to read it by the next turn; a minute is more than it needs.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
