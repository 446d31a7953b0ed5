/**
 * What a receiver makes of bytes that were sent at another rate than it listens at: the levels of the line, sampled in
 * the middle of what it takes for bits. Pure; used by links that never were a wire. Frames are 8 data bits, least
 * significant first, between a low start bit and one or two high stop bits.
 */

/** Receivers tolerate about half a bit over a frame of ten: 5 %. */
const TOLERANCE_RATIO = 0.05

/** Whether a receiver at one rate understands a sender at the other. */
export function ratesAgree(sentBaud: number, receivedBaud: number): boolean {
  return Math.abs(sentBaud - receivedBaud) <= TOLERANCE_RATIO * receivedBaud
}

/**
 * @param bytes sent back to back on a line that was quiet before and is quiet after
 * @returns what arrives: the same bytes if the rates agree, else garbage, more or fewer, perhaps nothing. A frame
 * whose stop bit is low is dropped, as a port that ignores framing errors does.
 */
export function receivedAs(
  bytes: Uint8Array,
  sentBaud: number,
  receivedBaud: number,
  stopBits: 1 | 2 = 1,
): Uint8Array {
  if (ratesAgree(sentBaud, receivedBaud)) return bytes
  const frameBits = 9 + stopBits
  const sentBits = bytes.length * frameBits
  // All times are in bits of the sender.
  const bitTime = sentBaud / receivedBaud
  const high = (time: number): boolean => {
    const bit = Math.floor(time)
    if (bit >= sentBits) return true
    const position = bit % frameBits
    if (position === 0) return false
    if (position > 8) return true
    return (((bytes[Math.floor(bit / frameBits)] ?? 0xff) >> (position - 1)) & 1) === 1
  }
  const received: number[] = []
  let time = 0
  while (time < sentBits) {
    if (high(time)) {
      // The next falling edge: levels change only at whole bits of the sender.
      time = Math.floor(time) + 1
      continue
    }
    let value = 0
    for (let bit = 0; bit < 8; bit++) if (high(time + (bit + 1.5) * bitTime)) value |= 1 << bit
    const stop = time + 9.5 * bitTime
    if (high(stop)) received.push(value)
    // After a framing error a receiver waits for the line to be high before it looks for a start bit again.
    time = stop
    while (!high(time)) time = Math.floor(time) + 1
  }
  return Uint8Array.from(received)
}
