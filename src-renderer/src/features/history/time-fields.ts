/** Moments as date and time fields hold them: `2026-11-22T12:00:00`, the reader's time zone. Pure. */
const pad = (value: number): string => String(value).padStart(2, '0')

export function fieldOf(at: number): string {
  const date = new Date(at)
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
}

/** Null for an empty field and for what is no moment. */
export function momentOf(field: string): number | null {
  const at = field === '' ? Number.NaN : new Date(field).getTime()
  return Number.isFinite(at) && at >= 0 ? at : null
}
