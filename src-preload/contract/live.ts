/**
 * Following a view: the stream begins with a snapshot that carries a revision, then come changes in
 * order. A slow or returning follower gets a fresh snapshot, never a backlog.
 */
import { z } from 'zod'

/** A view that is always sent whole. */
export const liveValue = <T extends z.ZodType>(value: T) =>
  z.object({ revision: z.number().int().nonnegative(), value })
export interface LiveValue<T> {
  revision: number
  value: T
}

/** A list of items with ids: first all of them, then what changed. */
export const liveList = <T extends z.ZodType>(item: T) =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('snapshot'), revision: z.number().int().nonnegative(), items: z.array(item) }),
    z.object({
      kind: z.literal('changes'),
      revision: z.number().int().nonnegative(),
      upserts: z.array(item),
      removedIds: z.array(z.string()),
    }),
  ])
export type LiveList<T> =
  | { kind: 'snapshot'; revision: number; items: T[] }
  | { kind: 'changes'; revision: number; upserts: T[]; removedIds: string[] }
