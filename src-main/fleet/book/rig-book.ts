/**
 * What people and polls know of rigs: who they are, where they answer, what they are called, which group they belong
 * to. Changed by one writer at a time and saved before a person's change counts; what polls learn is saved a little later,
 * all at once. Not here: what a rig says of itself now, logins (`control/credentials.ts`).
 */
import {
  type Clock,
  type Entropy,
  errorText,
  HeadframeError,
  type Logger,
  type Timer,
  toHex,
} from '../../base/index.ts'
import {
  type BookGroup,
  type BookRig,
  EMPTY_RIG_BOOK,
  type RigBookFile,
  type RigBookStore,
} from './rig-book-file.ts'

/** What polls learn is saved after this. */
const SAVE_LATER_MS = 3000

export interface RigBookParts {
  readonly store: RigBookStore
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

export class RigBook {
  readonly #parts: RigBookParts
  #file: RigBookFile = EMPTY_RIG_BOOK
  #byId = new Map<string, BookRig>()
  #queue: Promise<unknown> = Promise.resolve()
  #later: Timer | null = null

  constructor(parts: RigBookParts) {
    this.#parts = parts
  }

  /** @throws HeadframeError as the store's `load` does */
  async load(): Promise<void> {
    this.#set(await this.#parts.store.load())
  }

  /** In the order they were added. */
  get rigs(): readonly BookRig[] {
    return this.#file.rigs
  }

  get groups(): readonly BookGroup[] {
    return this.#file.groups
  }

  get workerTemplate(): string {
    return this.#file.workerTemplate
  }

  find(id: string): BookRig | undefined {
    return this.#byId.get(id)
  }

  /** @throws HeadframeError `rig/unknown` */
  require(id: string): BookRig {
    const rig = this.#byId.get(id)
    if (rig) return rig
    throw new HeadframeError('rig/unknown', `There is no rig "${id}". It may have been removed.`, {
      context: { id },
    })
  }

  findGroup(id: string | null): BookGroup | undefined {
    return this.#file.groups.find((group) => group.id === id)
  }

  /** @throws HeadframeError `group/unknown` */
  requireGroup(id: string): BookGroup {
    const group = this.findGroup(id)
    if (group) return group
    throw new HeadframeError('group/unknown', 'There is no such group. It may have been removed.', {
      context: { id },
    })
  }

  /** @throws HeadframeError `settings/not-writable`; nothing has changed then */
  add(rig: BookRig): Promise<void> {
    return this.#change((file) => ({ ...file, rigs: [...file.rigs, { ...rig, ...clipped(rig) }] }))
  }

  /** @throws HeadframeError `rig/unknown`, `settings/not-writable` */
  async change(id: string, known: Partial<Omit<BookRig, 'id' | 'addedAtMs'>>): Promise<BookRig> {
    this.require(id)
    await this.#change((file) => withRig(file, id, { ...known, ...clipped(known) }))
    return this.require(id)
  }

  /** The same for what was seen, not said: counts at once and is saved a little later. Unknown ids are ignored. */
  learn(id: string, said: Partial<Omit<BookRig, 'id' | 'addedAtMs'>>): void {
    const rig = this.#byId.get(id)
    const seen = { ...said, ...clipped(said) }
    if (!rig || Object.entries(seen).every(([key, value]) => rig[key as keyof BookRig] === value)) return
    this.#set(withRig(this.#file, id, seen))
    this.#later ??= this.#parts.clock.after(SAVE_LATER_MS, () => void this.flush())
  }

  /** @throws HeadframeError `rig/unknown`, `settings/not-writable` */
  async remove(id: string): Promise<void> {
    this.require(id)
    await this.#change((file) => ({
      ...file,
      rigs: file.rigs
        .filter((rig) => rig.id !== id)
        .map((rig) => (rig.twinOf === id ? { ...rig, twinOf: null } : rig)),
    }))
  }

  /** The group of that name, made if there is none. @throws HeadframeError `settings/not-writable` */
  async groupNamed(name: string): Promise<BookGroup> {
    const wanted = name.trim()
    return this.#groupCalled(wanted) ?? (await this.createGroup(wanted))
  }

  /** @throws HeadframeError `group/name-taken`, `settings/not-writable` */
  async createGroup(name: string): Promise<BookGroup> {
    const group: BookGroup = { id: toHex(this.#parts.entropy(6)), name: this.#freeName(name, null) }
    await this.#change((file) => ({ ...file, groups: [...file.groups, group] }))
    return group
  }

  /** @throws HeadframeError `group/unknown`, `group/name-taken`, `settings/not-writable` */
  async renameGroup(id: string, name: string): Promise<BookGroup> {
    this.requireGroup(id)
    const renamed: BookGroup = { id, name: this.#freeName(name, id) }
    await this.#change((file) => ({
      ...file,
      groups: file.groups.map((group) => (group.id === id ? renamed : group)),
    }))
    return renamed
  }

  /** Its rigs stay, without a group. @throws HeadframeError `group/unknown`, `settings/not-writable` */
  async removeGroup(id: string): Promise<void> {
    this.requireGroup(id)
    await this.#change((file) => ({
      ...file,
      groups: file.groups.filter((group) => group.id !== id),
      rigs: file.rigs.map((rig) => (rig.groupId === id ? { ...rig, groupId: null } : rig)),
    }))
  }

  /** @throws HeadframeError `settings/not-writable` */
  setWorkerTemplate(workerTemplate: string): Promise<void> {
    return this.#change((file) => ({ ...file, workerTemplate }))
  }

  /** Saves what polls learnt; a failure is logged, and tried again with the next change. */
  async flush(): Promise<void> {
    // What is being saved already is waited for all the same: the program may be about to end.
    if (this.#later === null) return void (await this.#queue)
    this.#later.cancel()
    this.#later = null
    await this.#enqueue(async () => {
      try {
        await this.#parts.store.save(this.#file)
      } catch (error) {
        this.#parts.log.warn('what was seen of rigs could not be saved', { error: errorText(error) })
      }
    })
  }

  #freeName(name: string, ownId: string | null): string {
    const wanted = name.trim()
    const taken = this.#groupCalled(wanted)
    if (taken === undefined || taken.id === ownId) return wanted
    throw new HeadframeError(
      'group/name-taken',
      `There is a group "${taken.name}" already; use another name.`,
    )
  }

  #groupCalled(name: string): BookGroup | undefined {
    return this.#file.groups.find((group) => group.name.toLowerCase() === name.toLowerCase())
  }

  /** What polls learn meanwhile is kept: the change is made again on the newest file when it was saved. */
  #change(edit: (file: RigBookFile) => RigBookFile): Promise<void> {
    return this.#enqueue(async () => {
      await this.#parts.store.save(edit(this.#file))
      this.#set(edit(this.#file))
    })
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => undefined)
    return done
  }

  #set(file: RigBookFile): void {
    this.#file = file
    this.#byId = new Map(file.rigs.map((rig) => [rig.id, rig]))
  }
}

/** What rigs say of themselves. One that says too much must not keep the others from being saved. */
const SAID = ['mac', 'serial', 'hostname', 'make', 'model', 'firmware', 'firmwareVersion'] as const
const LONGEST_TEXT = 200

function clipped(known: Partial<BookRig>): Partial<BookRig> {
  const long = SAID.filter((key) => (known[key]?.length ?? 0) > LONGEST_TEXT)
  return Object.fromEntries(long.map((key) => [key, known[key]?.slice(0, LONGEST_TEXT)]))
}

function withRig(file: RigBookFile, id: string, known: Partial<BookRig>): RigBookFile {
  return { ...file, rigs: file.rigs.map((rig) => (rig.id === id ? { ...rig, ...known } : rig)) }
}
