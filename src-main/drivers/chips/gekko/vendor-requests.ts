/**
 * What GekkoScience's boards are told through USB itself, past their serial ports: reset lines behind FTDI bridges, the
 * latch that powers the chips of A1 and A2. As data; whoever has the device open sends it. (Serial ASIC digest 4.3.)
 */
import { type VendorRequest } from '../../model/usb.ts'

export type VendorStep =
  | { readonly op: 'request'; readonly request: VendorRequest; readonly what: string }
  | { readonly op: 'wait'; readonly ms: number }

const NOTHING = new Uint8Array(0)

/** FTDI: set bit mode; the value's high byte 20 takes the CBUS pins in hand, F: all four are outputs. */
const FTDI_SET_BIT_MODE = 0x0b
/** CBUS1 is nRST, CBUS0 chooses between chips and the helper controller of BM1387 boards. */
const CBUS_RUN = 0x20f2
const CBUS_RESET = 0x20f0
const CBUS_HELPER = 0x20f3

function cbus(value: number, what: string): VendorStep {
  const request: VendorRequest = {
    recipient: 'device',
    request: FTDI_SET_BIT_MODE,
    value,
    index: 0,
    data: NOTHING,
  }
  return { op: 'request', request, what }
}

/**
 * Chips of NewPac, R606, Compac F and R909 into reset and out of it.
 * @param lowMs 30 for BM1387, 1000 for BM1397 @param settleMs 200 for both
 */
export function ftdiResetPulse(lowMs: number, settleMs: number): readonly VendorStep[] {
  return [
    cbus(CBUS_RUN, 'reset high'),
    { op: 'wait', ms: 30 },
    cbus(CBUS_RESET, 'reset low'),
    { op: 'wait', ms: lowMs },
    cbus(CBUS_RUN, 'reset high'),
    { op: 'wait', ms: settleMs },
  ]
}

/** Chips held in reset: they hash nothing until `ftdiResetPulse`. */
export const ftdiHoldReset: readonly VendorStep[] = [cbus(CBUS_RESET, 'reset low')]

/** The line of a BM1387 board goes to its helper controller, or back to the chips. */
export function ftdiSelectHelper(isHelper: boolean): readonly VendorStep[] {
  return [
    cbus(isHelper ? CBUS_HELPER : CBUS_RUN, isHelper ? 'line to helper' : 'line to chips'),
    { op: 'wait', ms: 2 },
  ]
}

/** What the helper answers with one byte: degrees Celsius. */
export const askHelperTemperature: Uint8Array = Uint8Array.of(0x20)

/** CP2105: write latch. */
const CP2105_VENDOR_SPECIFIC = 0xff
const CP2105_WRITE_LATCH = 0x37e1
/** The three pins that hold chips and regulator off when high. */
const LATCH_PINS = 0x07

/** Chips and regulator of A1 and A2. They have no power until this was sent once. */
export function chipLatch(isOn: boolean): readonly VendorStep[] {
  const request: VendorRequest = {
    recipient: 'interface',
    request: CP2105_VENDOR_SPECIFIC,
    value: CP2105_WRITE_LATCH,
    index: 0,
    data: Uint8Array.of(LATCH_PINS, isOn ? 0x00 : LATCH_PINS),
  }
  return [
    { op: 'request', request, what: isOn ? 'chips and regulator on' : 'chips and regulator off' },
    { op: 'wait', ms: 100 },
  ]
}
