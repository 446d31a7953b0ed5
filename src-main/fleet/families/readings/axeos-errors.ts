/** What AxeOS says is wrong, and what the figures show, in plain words. Governing document: rig API digest, section 3.3. */
import { booleanOf, countOf, type LooseObject, textOf } from '../../model/lenient.ts'
import { type ChipReading, type RigError, type RigWorkState } from '../../model/reading.ts'
import { axeUptimeS, percent } from './axe-info.ts'

/** After that the reason of the last restart is old news. */
const RESTART_NEWS_S = 3600

export function axeosErrors(
  info: LooseObject,
  { state, chips }: { readonly state: RigWorkState; readonly chips: readonly ChipReading[] },
): RigError[] {
  const errors: RigError[] = []
  const add = (error: Omit<RigError, 'sinceMs'>): void => void errors.push({ ...error, sinceMs: null })
  if (booleanOf(info['overheat_mode']) === true) {
    add({
      code: 'overheat_mode',
      text: 'It stopped for heat: the chip went above 75 °C or the regulator above 105 °C. It stays stopped until this is cleared.',
      remedy:
        'Clean fan and heatsink and lower frequency or voltage, then press Resume, which clears it and restarts the rig.',
      severity: 'error',
      component: 'chip',
    })
  }
  const power = textOf(info['power_fault'])
  if (power !== null) {
    add({
      code: 'power_fault',
      text: `Its voltage regulator reports a fault: ${power}`,
      remedy:
        'Check power supply, plug and cable (a supply that is too weak is the usual cause), lower frequency and voltage, then switch it off and on.',
      severity: 'error',
      component: 'power',
    })
  }
  const hardware = textOf(info['hardware_fault'])
  if (hardware !== null) {
    const fan = /fan/i.test(hardware)
    add({
      code: 'hardware_fault',
      text: `It reports a hardware fault: ${hardware}`,
      remedy: fan
        ? 'Check that the fan turns freely and its plug sits, then restart the rig.'
        : 'Switch it off and on; if the fault comes back, the board needs repair.',
      severity: 'error',
      component: fan ? 'fan' : 'control',
    })
  }
  const silent = chips.filter(({ working }) => working === false)
  if (state === 'mining' && silent.length > 0 && silent.length < chips.length) {
    add({
      code: 'chip-silent',
      text: `${silent.length === 1 ? 'A chip does' : `${String(silent.length)} chips do`} not hash: ${silent.map(({ index }) => `chip ${String(index + 1)}`).join(', ')} of ${String(chips.length)}.`,
      remedy: 'Restart the rig; if it stays so, raise the core voltage a step or lower the frequency.',
      severity: 'error',
      component: 'board 0',
    })
  }
  const duty = percent(info['fanspeed'])
  if (state === 'mining' && countOf(info['fanrpm']) === 0 && duty !== null && duty > 0) {
    add({
      code: 'fan-silent',
      text: 'Its fan reports 0 turns although it is driven.',
      remedy:
        'Look whether it turns. If it does, it has no signal wire and this can be ignored; if not, switch the rig off.',
      severity: 'warning',
      component: 'fan',
    })
  }
  if (booleanOf(info['isUsingFallbackStratum']) === true && booleanOf(info['useFallbackStratum']) !== true) {
    add({
      code: 'fallback-pool',
      text: 'Its first pool does not answer: it mines at its second one.',
      remedy: 'Check the address of the first pool, and whether it can be reached.',
      severity: 'warning',
      component: 'pool',
    })
  }
  const connection = textOf(info['poolConnectionInfo'])
  if (
    connection !== null &&
    /^SV2: (?!IPv)|^Not Connected/i.test(connection) &&
    state !== 'paused' &&
    state !== 'starting'
  ) {
    add({
      code: 'pool-connection',
      text: `It is not connected to its pool: ${connection}.`,
      remedy: /auth/i.test(connection)
        ? "Check the pool's authority key."
        : 'Check address and port of the pool, and whether it can be reached.',
      severity: 'error',
      component: 'pool',
    })
  }
  const reset = textOf(info['resetReason'])
  if (
    reset !== null &&
    /brown|panic|watchdog|wdt/i.test(reset) &&
    (axeUptimeS(info) ?? Infinity) < RESTART_NEWS_S
  ) {
    add({
      code: 'restarted',
      text: `It restarted on its own: ${reset}.`,
      remedy: /brown/i.test(reset)
        ? 'Its supply voltage dropped: use a stronger power supply or a shorter cable.'
        : 'If this repeats, lower frequency or voltage and update its firmware.',
      severity: 'warning',
      component: 'control',
    })
  }
  const web = textOf(info['axeOSVersion'])
  const firmware = textOf(info['version'])
  if (web !== null && firmware !== null && web !== firmware) {
    add({
      code: 'web-image-differs',
      text: `Its firmware is ${firmware}, its web pages are ${web}.`,
      remedy: 'Install the web image of the same version on its page.',
      severity: 'info',
      component: 'control',
    })
  }
  return errors
}
