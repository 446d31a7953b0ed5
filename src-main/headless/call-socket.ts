/**
 * A WebSocket as the call handler sees it. Two things are added: a send waits until its bytes have left this
 * program, so that a slow follower of a live view holds its own stream up instead of filling memory; and a
 * peer that does not speak the protocol is shown the door.
 */
import { type RawData, type WebSocket } from 'ws'
import { isCallMessage } from '../api/index.ts'

/** What the handler uses of a socket. */
export type CallSocket = Pick<WebSocket, 'addEventListener' | 'send'>

/** Close code "policy violation" (RFC 6455, 7.4.1). */
const NOT_A_CALL = 1008

export function callSocket(client: WebSocket): CallSocket {
  const socket = {
    send: (data: string | Buffer): Promise<void> =>
      new Promise((resolve) => {
        // Ends with or without an error: a closed socket ends its calls through `close`.
        client.send(data, () => resolve())
      }),
    addEventListener(type: string, listener: (event: { data?: string }) => void): void {
      if (type === 'close') client.on('close', () => listener({}))
      if (type !== 'message') return
      client.on('message', (data: RawData, isBinary: boolean) => {
        const text = isBinary ? null : data.toString()
        if (isCallMessage(text)) listener({ data: text })
        else client.close(NOT_A_CALL, 'not a call of Headframe')
      })
    },
  }
  // The handler's type asks for all overloads of ws; it calls these two.
  return socket as unknown as CallSocket
}
