/**
 * What a practice Avalon says of its machine: version, summary, pools, and the long texts in the shape of its kind. Written
 * from the rig API digest, section 5.8, the maker's manuals of the A10 and the Nano 3S, and what was recorded of machines.
 */
import { roundedText } from './figures.ts'
import { type Sections } from './avalon-form.ts'
import { type RigBody } from './rig-body.ts'

/** a: a large one of the number in its model. The rest are the home models. */
export type AvalonKind = 'a' | 'q' | 'nano3' | 'nano3s' | 'mini3'

/** What a machine keeps, in `RigBody.notes`. */
export const AVALON_NOTES = {
  /** Error word of its power supply. */
  supplyError: 'avalon supply error',
  /** Error word of its first board. */
  boardError: 'avalon board error',
} as const

const CGMINER = 'cgminer 4.11.1'
const AIR_C = 24
const MAINS_SHARE = 0.91

interface Identity {
  readonly product: string
  readonly model: string
  readonly hardware: string
  readonly chip: string
}

export class AvalonSays {
  readonly #body: RigBody
  readonly #kind: AvalonKind

  constructor(body: RigBody, kind: AvalonKind) {
    this.#body = body
    this.#kind = kind
  }

  get identity(): Identity {
    switch (this.#kind) {
      case 'q':
        return { product: 'Avalon Q', model: 'Q', hardware: 'Q_MM1v1_X1', chip: 'A3197S' }
      case 'nano3':
        return { product: 'Avalonnano', model: 'Nano3', hardware: 'N_MM1v1_X1', chip: 'A3197S' }
      case 'nano3s':
        return { product: 'Avalon Nano3s', model: 'Nano3s', hardware: 'N_MM1v1_X1', chip: 'A3197S' }
      case 'mini3':
        return { product: 'Avalon Mini3', model: 'Mini3', hardware: 'M_MM1v1_X1', chip: 'A3197S' }
      case 'a': {
        const number = /\d{3,4}/.exec(this.#body.blueprint.model)?.[0] ?? '1246'
        return { product: `AvalonMiner ${number}-90`, model: number, hardware: 'MM4v2_X3', chip: 'A3201' }
      }
    }
  }

  get nowS(): number {
    return Math.floor(this.#body.clock.nowMs() / 1000)
  }

  status(letter: 'S' | 'I' | 'E', code: number, msg: string): Sections {
    return { STATUS: [{ STATUS: letter, When: this.nowS, Code: code, Msg: msg, Description: CGMINER }] }
  }

  version(): Sections {
    const { blueprint } = this.#body
    const { product, model, hardware } = this.identity
    const told = {
      CGMiner: '4.11.1',
      API: '3.7',
      PROD: product,
      MODEL: model,
      HWTYPE: hardware,
      SWTYPE: 'MM319',
      LVERSION: blueprint.firmwareVersion,
      BVERSION: blueprint.firmwareVersion,
      CGVERSION: blueprint.firmwareVersion,
      DNA: this.#dna,
      MAC: blueprint.mac.replaceAll(':', ''),
    }
    return { ...this.status('S', 22, 'CGMiner versions'), VERSION: [told] }
  }

  summary(): Sections {
    const { measures, minerUptimeS } = this.#body
    const counts = measures.counts()
    const mhs = measures.hashrateHs() / 1e6
    const told = {
      Elapsed: minerUptimeS,
      'MHS av': mhs,
      'MHS 5s': mhs,
      'MHS 1m': mhs,
      'MHS 5m': mhs,
      'MHS 15m': mhs,
      'Found Blocks': 0,
      Getworks: 100,
      Accepted: counts.accepted,
      Rejected: counts.rejected,
      'Hardware Errors': 0,
      Utility: 6,
      Discarded: 0,
      Stale: counts.stale,
      'Get Failures': 0,
      'Best Share': Math.round(counts.bestDifficulty),
      'Device Hardware%': 0,
      'Device Rejected%': 0,
      'Last getwork': 0,
    }
    return { ...this.status('S', 11, 'Summary'), SUMMARY: [told] }
  }

  devs(): Sections {
    const { measures, minerUptimeS } = this.#body
    const mhs = measures.hashrateHs() / 1e6
    const told = {
      ASC: 0,
      Name: 'AVALON',
      ID: 0,
      Enabled: 'Y',
      Status: 'Alive',
      Temperature: 0,
      'MHS av': mhs,
      'MHS 5s': mhs,
      'MHS 1m': mhs,
      'MHS 5m': mhs,
      'MHS 15m': mhs,
      Accepted: measures.counts().accepted,
      Rejected: 0,
      'Hardware Errors': 0,
      'Device Elapsed': minerUptimeS,
    }
    return { ...this.status('S', 9, '1 ASC(s)'), DEVS: [told] }
  }

  devdetails(): Sections {
    const told = {
      DEVDETAILS: 0,
      Name: 'AVALON',
      ID: 0,
      Driver: 'avalon',
      Kernel: '',
      Model: '',
      'Device Path': '',
    }
    return { ...this.status('S', 69, 'Device Details'), DEVDETAILS: [told] }
  }

  pools(): Sections {
    const { pools, activePool, measures, minerUptimeS } = this.#body
    const counts = measures.counts()
    const list = pools.map(({ url, user, password }, index) => {
      const isActive = index === activePool && this.#isHashing && measures.poolAlive()
      return {
        POOL: index,
        URL: url,
        Status: index !== activePool || measures.poolAlive() ? 'Alive' : 'Dead',
        Priority: index,
        Quota: 1,
        'Long Poll': 'N',
        Accepted: index === activePool ? counts.accepted : 0,
        Rejected: index === activePool ? counts.rejected : 0,
        Stale: index === activePool ? counts.stale : 0,
        User: user,
        // Seconds since its start, not since 1970.
        'Last Share Time': index === activePool && counts.lastShareAtMs !== null ? minerUptimeS : 0,
        'Stratum Active': isActive,
        'Stratum Difficulty': isActive ? counts.difficulty : 0,
        'Work Difficulty': counts.difficulty,
        // The Q alone shows it.
        ...(this.#kind === 'q' ? { Password: password } : {}),
      }
    })
    return { ...this.status('S', 7, `${String(list.length)} Pool(s)`), POOLS: list }
  }

  /** Of `stats` and `estats`. */
  stats(): Sections {
    const common = {
      STATS: 0,
      ID: this.#kind === 'a' ? 'AVA100' : 'AVALON0',
      Elapsed: this.#body.minerUptimeS,
    }
    const told =
      this.#kind === 'q'
        ? {
            ...common,
            HBinfo: `'HB0':{${this.#chips(0).join(' ')}}`,
            'MM ID0:Summary': `'STATS':{${this.#tokens(false).join(' ')}}`,
          }
        : { ...common, 'MM ID0': this.#tokens(true).join(' '), 'MM Count': 1, 'Nonce Mask': 25 }
    const pools = this.#body.pools.map((_, index) => ({
      STATS: index + 1,
      ID: `POOL${String(index)}`,
      Elapsed: this.#body.minerUptimeS,
    }))
    return { ...this.status('S', 70, 'CGMiner stats'), STATS: [told, ...pools] }
  }

  /** null where the firmware has none. */
  litestats(): Sections | null {
    if (this.#kind === 'a') return null
    const stats = this.status('S', 70, 'CGMiner stats')
    if (this.#kind === 'q') {
      return { ...stats, STATS: [{ 'MM ID0:Summary': `'STATS':{${this.#tokens(false).join(' ')}}` }] }
    }
    const { fanDutyPercent } = this.#body
    const short = [
      `LVer[${this.#body.blueprint.firmwareVersion}]`,
      'FW[Release]',
      `STATE[${this.#isHashing ? '1' : '2'}]`,
      `MODE[${this.#mode}]`,
      'LEVEL[0]',
      `GHSspd[${roundedText(this.#ghs, 6)}]`,
      'ITemp[-273]',
      `OTemp[${this.#outletC}]`,
      `FanR[${String(fanDutyPercent)}%]`,
      'SSID[practice] RSSI[-55] NetDevType[1]',
    ]
    return { ...stats, STATS: [{ 'MM ID0': short.join(' '), 'MM Count': 1, 'Nonce Mask': 25 }] }
  }

  /* ---- The long text ---- */

  get #isHashing(): boolean {
    return this.#body.miner === 'running'
  }

  get #ghs(): number {
    return this.#body.measures.hashrateHs() / 1e9
  }

  get #mode(): string {
    return this.#body.powerMode === '' ? '0' : this.#body.powerMode
  }

  get #outletC(): string {
    return Math.max(AIR_C, this.#body.chipC - 25).toFixed(0)
  }

  get #dna(): string {
    return `0201${this.#body.blueprint.mac.replaceAll(':', '')}`
  }

  #tokens(withChips: boolean): string[] {
    const { blueprint, minerUptimeS, fanRpm, fanDutyPercent, hashErrorPercent, chipC, frequencyMHz } =
      this.#body
    const slots = Array.from({ length: blueprint.boardCount }, (_, slot) => slot)
    const rates = slots.map(() => roundedText(this.#ghs / blueprint.boardCount, 2))
    const heat = this.#isHashing ? chipC.toFixed(0) : '0'
    const boardError = Number(this.#body.notes.get(AVALON_NOTES.boardError) ?? 0)
    const { model, chip } = this.identity
    return [
      `Ver[${model}-${blueprint.firmwareVersion}]`,
      `LVer[${blueprint.firmwareVersion}]`,
      `DNA[${this.#dna}]`,
      'NETFAIL[0 0 0 0 0 0 0 0]',
      `SYSTEMSTATU[Work: In ${this.#isHashing ? 'Work' : this.#body.miner === 'starting' ? 'Init' : 'Idle'}, Hash Board: ${String(slots.length)} ]`,
      `Elapsed[${String(minerUptimeS)}]`,
      'BOOTBY[0x01.00000000]',
      `MH[${slots.map(() => '0').join(' ')}]`,
      'HW[0]',
      `DH[${hashErrorPercent.toFixed(3)}%]`,
      ...(this.#kind === 'a'
        ? [`Temp[${String(AIR_C)}]`]
        : this.#kind === 'q'
          ? [`ITemp[${String(AIR_C)}] HBITemp[27] HBOTemp[${this.#outletC}]`]
          : [`ITemp[-273] OTemp[${this.#outletC}]`]),
      `TMax[${heat}] TAvg[${heat}] TarT[90]`,
      ...Array.from({ length: blueprint.fanCount }, (_, fan) => `Fan${String(fan + 1)}[${String(fanRpm)}]`),
      `FanR[${String(fanDutyPercent)}%]`,
      `PS[${this.#supply}]`,
      `GHSspd[${roundedText(this.#ghs, 2)}]`,
      `DHspd[${hashErrorPercent.toFixed(3)}%]`,
      `GHSmm[${roundedText(this.#body.expectedHs / 1e9, 2)}]`,
      // Averages stay after it stopped.
      `GHSavg[${roundedText(this.#body.expectedHs / 1e9, 2)}]`,
      `Freq[${frequencyMHz.toFixed(2)}]`,
      ...(this.#kind === 'a' || this.#kind === 'nano3'
        ? [`Led[${this.#body.locating ? '1' : '0'}]`]
        : ['LED[0-0]']),
      `MGHS[${rates.join(' ')}]`,
      ...(this.#kind === 'q'
        ? []
        : [`MTmax[${slots.map(() => heat).join(' ')}] MTavg[${slots.map(() => heat).join(' ')}]`]),
      `TA[${String(blueprint.boardCount * blueprint.chipsPerBoard)}]`,
      `Core[${chip}]`,
      'PING[17]',
      `SoftOFF[${this.#body.miner === 'paused' ? '4' : '0'}]`,
      `ECHU[${slots.map((slot) => (slot === 0 ? String(boardError) : '0')).join(' ')}] ECMM[0]`,
      ...(withChips ? slots.flatMap((slot) => this.#chips(slot)) : []),
      `WORKMODE[${this.#kind === 'nano3' ? '0' : this.#mode}] WORKLEVEL[${this.#kind === 'nano3' ? this.#mode : '0'}]`,
      `MPO[${String(blueprint.nameplateW)}] CALIALL[7] ADJ[1]`,
    ]
  }

  /** Control volts, board volts, amps, watts of the boards, volts set, watts of the wall. The Nano 3S gives millivolts. */
  get #supply(): string {
    const { powerW, coreVoltageMv } = this.#body
    const error = Number(this.#body.notes.get(AVALON_NOTES.supplyError) ?? 0)
    const boardVolts = this.#kind === 'nano3s' ? 27_697 : coreVoltageMv
    const boards = powerW * MAINS_SHARE
    return [
      error,
      1214,
      boardVolts,
      Math.round(boards / 13),
      Math.round(boards),
      coreVoltageMv,
      Math.round(powerW),
    ].join(' ')
  }

  #chips(slot: number): string[] {
    const { blueprint, chipC } = this.#body
    const each = (value: (index: number) => number, width: number): string =>
      Array.from({ length: blueprint.chipsPerBoard }, (_, index) =>
        String(value(index)).padStart(width),
      ).join(' ')
    const name = String(slot)
    return [
      `PVT_T${name}[${each((index) => Math.round(chipC) - (index % 5), 3)}]`,
      `PVT_V${name}[${each(() => 300, 3)}]`,
      `MW${name}[${each((index) => 600 + index, 3)}]`,
    ]
  }
}
