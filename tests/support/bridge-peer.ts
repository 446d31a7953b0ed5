/**
 * The other end of a board's control port, answering as told: the framing of a bridge's firmware and nothing of a
 * board. Written from asic-serial 6.2 alone, and apart from the codec under test.
 */
import { concatBytes } from '../../src-main/base/index.ts'
import { type MemoryLink } from '../../src-main/drivers/transport/memory-link.ts'

export interface SeenRequest {
  readonly id: number
  readonly page: number
  readonly command: number
  readonly data: Uint8Array
}

export type PeerAnswer =
  | { readonly data: readonly number[] }
  | { readonly error: number; readonly text?: string }
  /** Never. */
  | null

export class BridgePeer {
  /** Requests in order of arrival. */
  readonly seen: SeenRequest[] = []
  /** Each write as it arrived: firmware wants one request in each. */
  readonly writes: Uint8Array[] = []
  answer: (request: SeenRequest) => PeerAnswer
  readonly #link: MemoryLink
  readonly #format: 'v0' | 'v1'

  constructor(link: MemoryLink, format: 'v0' | 'v1', answer: (request: SeenRequest) => PeerAnswer) {
    this.#link = link
    this.#format = format
    this.answer = answer
    link.onBytes((bytes) => this.#receive(bytes))
  }

  send(...packets: readonly Uint8Array[]): void {
    void this.#link.write(concatBytes(...packets))
  }

  /** The packet with which such a bridge would answer. */
  packet(id: number, answer: NonNullable<PeerAnswer>): Uint8Array {
    if ('data' in answer) {
      const { data } = answer
      const head = this.#format === 'v0' ? [data.length, 0, id] : [data.length + 4, 0, id, 0]
      return Uint8Array.from([...head, ...data])
    }
    const text = Array.from(answer.text ?? '', (letter) => letter.charCodeAt(0))
    return Uint8Array.from([4 + text.length, 0, id, answer.error, ...text])
  }

  #receive(bytes: Uint8Array): void {
    this.writes.push(bytes)
    const [low = 0, high = 0, id = 0, , page = 0, command = 0] = bytes
    if (bytes.length !== low + 256 * high) {
      this.send(this.packet(0xff, { error: 0x11 }))
      return
    }
    const request = { id, page, command, data: bytes.slice(6) }
    this.seen.push(request)
    const answer = this.answer(request)
    if (answer !== null) this.send(this.packet(id, answer))
  }
}
