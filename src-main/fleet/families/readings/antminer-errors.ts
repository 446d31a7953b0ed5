/**
 * What stock Antminer firmware complains of, in plain words: the codes of `:6060/warning` and the `status` list of
 * `summary.cgi`. Governing document: rig API digest, section 5.1.
 */
import { at, listOf, textOf } from '../../model/lenient.ts'
import { type ErrorSeverity, type RigError } from '../../model/reading.ts'

interface Explanation {
  readonly text: string
  readonly remedy: string
  readonly severity: ErrorSeverity
  readonly component: string | null
}

const RESEAT = 'Switch it off at the wall, press its plugs and ribbon cables home, and start it again'

/** Codes without a place. */
const CODES: Readonly<Record<string, Explanation>> = {
  'R:1': {
    text: 'The hashrate is lower than it should be',
    remedy: 'Look for a board with missing chips, a dirty intake or too little voltage at the wall',
    severity: 'warning',
    component: null,
  },
  'N:1': {
    text: 'The hashrate is higher than it should be',
    remedy: 'Set the power mode to normal; restart it if that stays',
    severity: 'warning',
    component: null,
  },
  'V:1': {
    text: 'The power supply did not start',
    remedy: `${RESEAT}; if it comes back, the power supply has to be replaced`,
    severity: 'error',
    component: 'psu',
  },
  'V:2': {
    text: 'The power supply is not calibrated',
    remedy: 'Use the power supply that came with this model, or have it calibrated',
    severity: 'error',
    component: 'psu',
  },
  'J0:8': {
    text: 'Hashboards are missing',
    remedy: RESEAT,
    severity: 'error',
    component: 'boards',
  },
  'P:1': {
    text: 'It is too hot and stopped itself',
    remedy: 'Let it cool, clean its fans and intake, and give it colder air before you start it again',
    severity: 'error',
    component: 'temperature',
  },
  'P:2': {
    text: 'It is too cold to start',
    remedy: 'Bring the air at its intake above freezing and start it again',
    severity: 'error',
    component: 'temperature',
  },
  'J0:6': {
    text: 'A temperature sensor cannot be read',
    remedy: `${RESEAT}; if it comes back, the board needs a repair`,
    severity: 'error',
    component: 'sensor',
  },
  'L255:2': {
    text: 'Boards of different levels are mixed in this rig',
    remedy: 'Use boards of the same model and bin in one rig',
    severity: 'error',
    component: 'boards',
  },
  'M:1': {
    text: 'The control board ran out of memory',
    remedy: 'Reboot it; if it comes back, install the firmware anew',
    severity: 'error',
    component: 'control',
  },
}

/** Codes with the number of a board in them: `J1:2`, `L0:1`. */
const BOARD_CODES: Readonly<Record<string, Omit<Explanation, 'component'>>> = {
  'J:2': {
    text: 'Chips are missing on a hashboard',
    remedy: `${RESEAT}; if chips stay away, the board needs a repair`,
    severity: 'error',
  },
  'J:4': {
    text: 'The memory chip (EEPROM) of a hashboard cannot be read',
    remedy: `${RESEAT}; if it comes back, the board needs a repair`,
    severity: 'error',
  },
  'L:1': {
    text: 'Voltage or frequency of a hashboard is over its limit',
    remedy: 'Set the power mode to normal',
    severity: 'error',
  },
  'L:2': {
    text: 'Voltage and frequency of a hashboard do not match its level',
    remedy: 'Set the power mode to normal; if it comes back, install the firmware for exactly this model',
    severity: 'error',
  },
}

/**
 * @param body of `GET :6060/warning`, as text
 * @returns null when this firmware does not know the question (`error 6060 cmd`)
 */
export function warningErrors(body: string): readonly RigError[] | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return null
  }
  const code = textOf(at(parsed, 'error_message'))
  if (code === null || /^none$/i.test(code)) return []
  return code.split(/[\s,;]+/).map(explainCode)
}

function explainCode(code: string): RigError {
  const plain = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  if (plain !== undefined) return { code, sinceMs: null, ...plain }
  const [, kind = '', board = '', detail = ''] = /^([JL])(\d+):(\d+)$/.exec(code) ?? []
  const key = `${kind}:${detail}`
  const onBoard = Object.hasOwn(BOARD_CODES, key) ? BOARD_CODES[key] : undefined
  if (onBoard !== undefined) return { code, sinceMs: null, ...onBoard, component: `board ${board}` }
  return {
    code,
    text: `The rig reports ${code}`,
    remedy: null,
    severity: 'warning',
    component: null,
    sinceMs: null,
  }
}

/** What the types of `status[]` are about. */
const STATUS_TYPES: Readonly<Record<string, Explanation>> = {
  rate: {
    text: 'The hashrate is not what it should be',
    remedy: 'Look for a board with missing chips, a dirty intake or too little voltage at the wall',
    severity: 'warning',
    component: null,
  },
  network: {
    text: 'The rig has trouble with its network',
    remedy: 'Check its cable and whether its pools can be reached from here',
    severity: 'error',
    component: 'network',
  },
  fans: {
    text: 'A fan is missing or too slow',
    remedy: 'Check the plugs of its fans and replace the one that does not turn',
    severity: 'error',
    component: 'fan',
  },
  temp: {
    text: 'A temperature is out of range',
    remedy: 'Clean its fans and intake and give it colder air',
    severity: 'error',
    component: 'temperature',
  },
}

/** @param status `SUMMARY[0].status` of `summary.cgi`; `s` is well, `w` a warning, `e` an error */
export function statusErrors(status: unknown): readonly RigError[] {
  return listOf(status).flatMap((entry): RigError[] => {
    const verdict = textOf(at(entry, 'status'))?.toLowerCase()
    if (verdict === undefined || verdict === 's') return []
    const type = textOf(at(entry, 'type')) ?? 'unknown'
    const known = Object.hasOwn(STATUS_TYPES, type) ? STATUS_TYPES[type] : undefined
    const message = textOf(at(entry, 'msg'))
    const code = textOf(at(entry, 'code'))
    return [
      {
        code: code === null || code === '0' ? type : `${type}:${code}`,
        text: message ?? known?.text ?? `The rig reports trouble with: ${type}`,
        remedy: known?.remedy ?? null,
        severity: verdict === 'e' ? 'error' : 'warning',
        component: known?.component ?? null,
        sinceMs: null,
      },
    ]
  })
}
