/**
 * What a family of chips is to the rest: pure knowledge of frames, registers, clocks and timing. A profile never
 * sees a port; who drives it never builds a frame. Header order everywhere, as in `mining/`.
 */
import { type Sequence } from './sequence.ts'

export type ChipId =
  | 'BM1384'
  | 'BM1387'
  | 'BM1397'
  | 'BM1362'
  | 'BM1366'
  | 'BM1368'
  | 'BM1370'
  /** Everything that takes 64 bytes of work and answers with a nonce: Icarus FPGAs, Block Erupter. */
  | 'icarus'
  /** AntMiner U1, U2 (BM1380, BM1382). */
  | 'antminer-u'
  /** BM1397 as Compac F and R909 are brought up: another order, pauses, and 1.5 Mbaud. */
  | 'gekko-bm1397'
  /** BM1362 on Compac A1 and Terminus A1. */
  | 'gekko-a1'
  /** BM1370 (or BM1368) on Compac A2 and Terminus A2. */
  | 'gekko-a2'

/** A header but its nonce. */
export interface ChipWork {
  /** With the bits of `versionMask` as the pool set them. */
  readonly version: number
  /** Version bits that the chip, or we for it, may change; 0 for none. */
  readonly versionMask: number
  /** 32 bytes, header order. */
  readonly prevHash: Uint8Array
  /** 32 bytes, header order. */
  readonly merkleRoot: Uint8Array
  /** Unix seconds. */
  readonly ntime: number
  readonly nBits: number
}

export interface NonceReply {
  readonly kind: 'nonce'
  /** As a share has it: the header's nonce field read as a little-endian integer. */
  readonly nonce: number
  /** The frame as received, for transcripts. */
  readonly raw: Uint8Array
  /** Everything else that the profile needs to make `guesses` and tell `origin`. */
  readonly idByte: number
  /** Rolled version bits in place (already shifted); 0 where the chip rolls none. */
  readonly rolledBits: number
}

export interface RegisterReply {
  readonly kind: 'register'
  /** Address of the chip that answered; 0 before it was given one. */
  readonly address: number
  readonly register: number
  /** 32 bits, most significant byte first on the wire. */
  readonly value: number
  readonly raw: Uint8Array
}

export type ChipReply = NonceReply | RegisterReply

/** Cuts a stream of bytes into replies. Never throws; what fits no frame is skipped and counted. */
export interface ReplyDecoder {
  push(bytes: Uint8Array): readonly ChipReply[]
  /** Of chips that frame by silence: the line has been quiet for a while. */
  quiet(): void
  /** Bytes skipped since the start because they fit no frame. */
  readonly skippedBytes: number
  /** Frames whose check sum was wrong. */
  readonly badFrames: number
  /** Between configurations the length of replies changes: before, both, or after version rolling was enabled. */
  setReplyLength(length: number | 'either'): void
}

/** Under which job, and with which header version, a nonce may have been found. */
export interface Guess {
  /** Wire id, one of `jobSlots`. */
  readonly slot: number
  version(work: ChipWork): number
}

/** Where a nonce came from, as far as the reply says so; null: unknown, never a guess. */
export interface NonceOrigin {
  readonly chip: number | null
  readonly core: number | null
}

export interface ChainSettings {
  readonly chipCount: number
  readonly frequencyMhz: number
  /** In units of the chip's own difficulty 1, a power of two. */
  readonly ticketDifficulty: number
  /** Pool mask of version bits. */
  readonly versionMask: number
}

export interface ChipProfile {
  readonly id: ChipId
  /** Model bytes of the identity register, for instance 0x1370; null where there is none. */
  readonly model: number | null
  /** The line as it is after a reset. */
  readonly line: { readonly baudRate: number; readonly stopBits: 1 | 2 }
  /** Version rolling: in the chip, by midstates of ours, or not at all. */
  readonly rolling: 'chip' | 'midstates' | 'none'
  /** Wire ids in the order in which jobs take them; one entry where replies name no job. */
  readonly jobSlots: readonly number[]
  /** Cores that hash one nonce a clock each, per chip: rate = clock x this x chips. */
  readonly hashesPerClock: number
  /** Ticket difficulties that can be set; empty where the chip always reports difficulty 1. */
  readonly ticketDifficulties: readonly number[]
  /** Clock range of the silicon, MHz. Boards narrow it. */
  readonly frequencyMhz: { readonly min: number; readonly max: number; readonly step: number }

  /**
   * One frame of work.
   * @param slot one of `jobSlots`
   * @param settings as they are now: some families are told their ticket and the length of a sweep with each job
   */
  encodeJob(slot: number, work: ChipWork, settings: ChainSettings): Uint8Array
  createDecoder(): ReplyDecoder
  /** Jobs and versions to try for a nonce, likeliest first. @param newestSlot slot of the job sent last */
  guesses(reply: NonceReply, newestSlot: number): readonly Guess[]
  origin(reply: NonceReply, chipCount: number): NonceOrigin
  /** Whether the nonce is one that chips report while they are configured, and never a share. */
  isBusyWork(reply: NonceReply): boolean

  /** From a line at its first rate to chips that were counted. */
  discover(chipCount: number): Sequence
  /** From counted chips to chips that wait for a job at `startMhz`, the lowest clock of the ramp. */
  initialise(settings: ChainSettings): Sequence
  /** Clocks to go through from one to another, the last being the target; never a jump. */
  ramp(fromMhz: number, toMhz: number): readonly number[]
  /** The clock where a ramp begins. */
  readonly startMhz: number
  /**
   * Sets the clock and what depends on it (hash counting number).
   * @returns null if the clock cannot be made: nothing may be sent then
   */
  setFrequency(frequencyMhz: number, chipCount: number): Sequence | null
  /** The clock that really results, MHz; null if it cannot be made. */
  actualFrequencyMhz(frequencyMhz: number): number | null
  setTicket(ticketDifficulty: number): Sequence
  setVersionMask(versionMask: number): Sequence
  /** Stops hashing as far as the chip can be told to over its line; empty where it cannot. */
  idle(chipCount: number): Sequence
  /** Reads of counters for health; empty where there are none. */
  readHealth(): Sequence
  /**
   * Time until a job must be replaced, milliseconds, well inside one epoch.
   * @param versionMask of the job: the fewer versions, the sooner it repeats; all that chips can roll if left out
   */
  jobIntervalMs(frequencyMhz: number, chipCount: number, versionMask?: number): number
}
