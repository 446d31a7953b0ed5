/** What is said to chips in order, as data: init sequences and everything else that is more than one frame. */

export type Step =
  /** Writes one frame. `what` is for logs and transcripts, for instance `ticket mask 256`. */
  | { readonly op: 'send'; readonly bytes: Uint8Array; readonly what: string }
  | { readonly op: 'wait'; readonly ms: number }
  /** Forgets what was received so far. */
  | { readonly op: 'discard' }
  /** Waits until everything has left, then changes the rate of our side. */
  | { readonly op: 'host-baud'; readonly baudRate: number }
  /** Collects identity replies: until `count` chips answered, at most `withinMs`. */
  | {
      readonly op: 'expect-chips'
      readonly count: number
      /** For instance 0x1370. */
      readonly model: number
      readonly withinMs: number
    }
  /** Pulls the chips' reset line low for so long, then high, then waits. Skipped where there is no such line. */
  | { readonly op: 'reset'; readonly lowMs: number; readonly settleMs: number }

export type Sequence = readonly Step[]
