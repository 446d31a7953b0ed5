/** Sends what a board is told past its serial ports: requests and pauses, in order. */
import { type Clock, sleep } from '../../base/index.ts'
import { type VendorStep } from '../chips/gekko/vendor-requests.ts'
import { type UsbControl } from '../model/usb.ts'

/** @param wanted asked before each request: false, and the rest is not sent @throws HeadframeError `usb/…` */
export async function sendVendorSteps(
  usb: UsbControl,
  clock: Clock,
  steps: readonly VendorStep[],
  wanted: () => boolean = () => true,
): Promise<void> {
  for (const step of steps) {
    if (!wanted()) return
    if (step.op === 'wait') await sleep(clock, step.ms)
    else await usb.vendorOut(step.request)
  }
}
