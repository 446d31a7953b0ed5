/** What is known of rigs when the program starts, as it is kept: JSON-safe, without secrets. Values only. */
export interface BookRig {
  /** Never changes once given, whatever is learnt later. */
  readonly id: string
  readonly host: string
  /** null: every service at its usual port. */
  readonly port: number | null
  /** A `FamilyId`, unless a newer program or a hand wrote it: such a rig is kept, and not watched. */
  readonly family: string
  readonly mac: string | null
  readonly serial: string | null
  /** As seen last. */
  readonly hostname: string | null
  readonly make: string | null
  readonly model: string | null
  readonly firmware: string | null
  readonly firmwareVersion: string | null
  /** Of the person; '' for none. */
  readonly name: string
  readonly notes: string
  readonly place: { readonly room: string; readonly shelf: string }
  readonly groupId: string | null
  readonly addedAtMs: number
  /** The rig that has the same MAC address at another address; null if none. */
  readonly twinOf: string | null
  /** Stamp of the login that this rig refused: not used again until it changes. */
  readonly refusedLogin: string | null
}

export interface BookGroup {
  readonly id: string
  readonly name: string
}

export interface RigBookFile {
  /** How user names of rigs are made. */
  readonly workerTemplate: string
  readonly groups: readonly BookGroup[]
  /** In the order they were added. */
  readonly rigs: readonly BookRig[]
}

export interface RigBookStore {
  load(): Promise<RigBookFile>
  /** @throws HeadframeError `settings/not-writable` */
  save(file: RigBookFile): Promise<void>
}

export const DEFAULT_WORKER_TEMPLATE = '{worker}'

export const EMPTY_RIG_BOOK: RigBookFile = { workerTemplate: DEFAULT_WORKER_TEMPLATE, groups: [], rigs: [] }
