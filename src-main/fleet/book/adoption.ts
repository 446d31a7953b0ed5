/**
 * What becomes of a find: a new rig, a known one where it was, one that moved, or one of two that share a MAC address.
 * Whether a rig moved is seen by asking where it was. One find after the other, so that the same rig found twice is added
 * once.
 */
import { type Clock, type Logger } from '../../base/index.ts'
import { type Identified } from '../discovery/identified.ts'
import { addressText, idFor, isOneMachine, realMac, realSerial, recognise } from '../model/identity.ts'
import { type ImportPlan } from '../fleet-calls.ts'
import { type AdoptionView } from '../views/view-types.ts'
import { type ImportedRig, parseImportList } from './import-list.ts'
import { type RigBook } from './rig-book.ts'
import { type BookRig } from './rig-book-file.ts'

export type RigFind = Extract<Identified, { kind: 'rig' }>

export interface AdoptionParts {
  readonly book: RigBook
  readonly clock: Clock
  readonly log: Logger
  /** Whether the rig itself answers where it is known to be. */
  isStillThere(id: string): Promise<boolean>
  /** It was added to the book. */
  onAdded(id: string): void
  /** It answers elsewhere, or is something else, than before. */
  onMoved(id: string): void
  /** A list gave it another name, place or group. */
  onDescribed(id: string): void
  onGroups(): void
}

/** Lines of a list that wait for their rig to be found; a list has no more lines than this. */
const WAITING_LINES = 20_000

export class Adoption {
  readonly #parts: AdoptionParts
  readonly #waiting = new Map<string, ImportedRig>()
  #queue: Promise<unknown> = Promise.resolve()

  constructor(parts: AdoptionParts) {
    this.#parts = parts
  }

  /** @throws HeadframeError `settings/not-writable` */
  adopt(find: RigFind): Promise<AdoptionView> {
    const adopted = this.#queue.then(() => this.#adopt(find))
    this.#queue = adopted.catch(() => undefined)
    return adopted
  }

  /**
   * Checks a list. Unless it is a dry run, known rigs are named as it says, and what it says of others waits until they
   * are found. @throws HeadframeError `settings/not-writable`
   */
  async importList(text: string, dryRun: boolean): Promise<ImportPlan> {
    const { book } = this.#parts
    const plan: ImportPlan = { lines: [], targets: [] }
    for (const { line, read, address } of parseImportList(text)) {
      if (!read.ok) {
        plan.lines.push({ line, address, outcome: 'refused', message: read.error })
        continue
      }
      const place = addressText(read.value)
      const known = book.rigs.find((rig) => placeOf(rig) === placeOf(read.value))
      if (known) {
        plan.lines.push({ line, address: place, outcome: 'known', message: `Known as ${nameOf(known)}.` })
        if (!dryRun) await this.#describe(known.id, read.value)
        continue
      }
      const message = dryRun ? 'Would be looked for.' : 'Is looked for now.'
      plan.lines.push({ line, address: place, outcome: 'new', message })
      if (dryRun) continue
      plan.targets.push(place)
      if (this.#waiting.size < WAITING_LINES) this.#waiting.set(placeOf(read.value), read.value)
    }
    return plan
  }

  /** What a list says of a known rig. */
  async #describe(id: string, listed: ImportedRig): Promise<void> {
    const { book } = this.#parts
    const rig = book.require(id)
    const group = listed.group === '' ? null : await book.groupNamed(listed.group)
    await book.change(id, {
      name: listed.name || rig.name,
      notes: listed.notes || rig.notes,
      place: { room: listed.room || rig.place.room, shelf: listed.shelf || rig.place.shelf },
      groupId: group?.id ?? rig.groupId,
    })
    if (group) this.#parts.onGroups()
    this.#parts.onDescribed(id)
  }

  async #adopt(find: RigFind): Promise<AdoptionView> {
    const { book } = this.#parts
    const traits = { ...find.address, mac: find.mac, serial: find.serial }
    const found = recognise(traits, book.rigs)
    if (found.kind === 'known') return this.#known(found.id, find, '')
    if (found.kind === 'new') {
      const displaced = found.displaces === null ? undefined : book.find(found.displaces)
      const note = displaced ? `Until now ${nameOf(displaced)} was known at this address.` : ''
      return this.#add(find, null, note)
    }
    for (const id of found.ids) {
      if (!(await this.#parts.isStillThere(id))) continue
      const other = book.require(id)
      if (isOneMachine(other, find)) {
        return this.#known(
          id,
          null,
          `${nameOf(other)} answers at two addresses; it is asked at ${addressText(other)}.`,
        )
      }
      const shared = realMac(find.mac) ?? 'its serial number'
      return this.#add(
        find,
        id,
        `${nameOf(other)} at ${addressText(other)} has the same MAC address (${shared}).`,
      )
    }
    const [id = ''] = found.ids
    const before = book.require(id)
    await book.change(id, { ...find.address, ...learnt(find, before) })
    await this.#describeIfListed(id, find)
    this.#parts.log.info('a rig moved', { rig: id, from: addressText(before), to: addressText(find.address) })
    this.#parts.onMoved(id)
    return {
      rigId: id,
      isNew: false,
      moved: true,
      note: `${nameOf(before)} was at ${addressText(before)} before.`,
      family: find.family,
    }
  }

  async #known(id: string, find: RigFind | null, note: string): Promise<AdoptionView> {
    const { book } = this.#parts
    const rig = book.require(id)
    if (find !== null) {
      book.learn(id, learnt(find, rig))
      await this.#describeIfListed(id, find)
      if (rig.family !== find.family) this.#parts.onMoved(id)
    }
    return { rigId: id, isNew: false, moved: false, note, family: book.require(id).family }
  }

  async #add(find: RigFind, twinOf: string | null, note: string): Promise<AdoptionView> {
    const { book, clock } = this.#parts
    const traits = { ...find.address, mac: find.mac, serial: find.serial }
    const id = idFor(traits, (taken) => book.find(taken) !== undefined)
    const rig: BookRig = {
      id,
      ...find.address,
      family: find.family,
      mac: realMac(find.mac),
      serial: realSerial(find.serial),
      hostname: find.hostname,
      make: find.make,
      model: find.model,
      firmware: find.firmware,
      firmwareVersion: find.firmwareVersion,
      name: '',
      notes: '',
      place: { room: '', shelf: '' },
      groupId: null,
      addedAtMs: Math.round(clock.nowMs()),
      twinOf,
      refusedLogin: null,
    }
    await book.add(rig)
    this.#parts.onAdded(id)
    await this.#describeIfListed(id, find)
    return { rigId: id, isNew: true, moved: false, note, family: find.family }
  }

  async #describeIfListed(id: string, find: RigFind): Promise<void> {
    const place = placeOf(find.address)
    const listed = this.#waiting.get(place)
    if (!listed) return
    this.#waiting.delete(place)
    await this.#describe(id, listed)
  }
}

const placeOf = (address: { readonly host: string; readonly port: number | null }): string =>
  addressText(address).toLowerCase()

const nameOf = (rig: BookRig): string => rig.name || rig.hostname || rig.id

/** What a find knows better than the book. */
function learnt(find: RigFind, rig: BookRig): Partial<BookRig> {
  return {
    family: find.family,
    mac: realMac(find.mac) ?? rig.mac,
    serial: realSerial(find.serial) ?? rig.serial,
    hostname: find.hostname ?? rig.hostname,
    make: find.make ?? rig.make,
    model: find.model ?? rig.model,
    firmware: find.firmware,
    firmwareVersion: find.firmwareVersion ?? rig.firmwareVersion,
  }
}
