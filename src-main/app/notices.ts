/** What the person should be told and may dismiss. Kept in memory: what still holds is said again at the next start. */
import { type Notice } from '../../src-preload/contract/index.ts'
import { HeadframeError } from '../base/index.ts'

export class Notices {
  #notices: Notice[] = []
  #nextId = 1

  get all(): Notice[] {
    return [...this.#notices]
  }

  add(severity: Notice['severity'], title: string, detail: string, at: number): string {
    const id = `n${this.#nextId++}`
    this.#notices.push({ id, severity, title, detail, at })
    return id
  }

  /** Takes one back because it no longer holds. Harmless if it is gone. */
  withdraw(id: string): void {
    this.#notices = this.#notices.filter((notice) => notice.id !== id)
  }

  /** @throws HeadframeError `notice/unknown` */
  dismiss(id: string): void {
    if (!this.#notices.some((notice) => notice.id === id)) {
      throw new HeadframeError('notice/unknown', 'That notice is gone already.')
    }
    this.withdraw(id)
  }
}
