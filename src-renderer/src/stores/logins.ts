/** Which login is being asked for. Any screen asks here; the frame shows the dialog. Nothing secret is kept. */
import type { CredentialsTarget } from '@contract'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

export interface LoginQuestion {
  target: CredentialsTarget
  /** Whom it is for, in words: the name of the rig, the group or the family. */
  name: string
}

export const useLoginsStore = defineStore('logins', () => {
  const question = shallowRef<LoginQuestion | null>(null)
  return {
    question,
    ask(target: CredentialsTarget, name: string): void {
      question.value = { target, name }
    },
    dismiss(): void {
      question.value = null
    },
  }
})
