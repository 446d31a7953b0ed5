/**
 * The typed client of the contract, as screens and stores see it. The contract is imported as a type
 * only: its schemas, and with them zod, stay out of the bundle.
 */
import type { Contract } from '@contract'
import type { ClientLink } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { inject, type InjectionKey } from 'vue'
import type { Connection } from './connection.ts'

export type Client = ContractRouterClient<Contract>
export type Link = ClientLink<Record<never, never>>

/** What the app provides and every store asks for. */
export const connectionKey: InjectionKey<Connection> = Symbol('connection')

/** The connection the app was started with. Throws outside an app, which is a bug. */
export function useConnection(): Connection {
  const connection = inject(connectionKey)
  if (connection === undefined) throw new Error('No connection was provided to this app')
  return connection
}
