/** A rig of the fleet as something to tune: through its family, one at a time, read back after each write. */
import { HeadframeError, sleep } from '../../base/index.ts'
import { type FamilyTools, type RigCommand } from '../families/family.ts'
import { type RigAccess } from '../rig-access.ts'
import { type RigLink } from '../transport/rig-link.ts'
import { measuresOf } from './tuning-measures.ts'
import { type TuningSetting } from './tuning-plan.ts'
import { settingWords, type TuningStart, type TuningSubject } from './tuning-subject.ts'

export interface RigSubjectParts extends FamilyTools {
  readonly access: RigAccess
}

/** @throws HeadframeError `rig/unknown` */
export function rigSubject(id: string, parts: RigSubjectParts): TuningSubject {
  const { access } = parts
  const { name, busy } = access.rig(id)
  return {
    name,
    busy,
    start: () => startOf(id, access),
    setBusy: (action) => access.setBusy(id, action),
    apply: (setting) => access.exclusively(id, (link) => apply(id, link, setting, parts)),
    async look() {
      try {
        const reading = await access.exclusively(id, (link) => access.readNow(id, link))
        const { state } = reading
        const shutDown = state === 'overheated' || state === 'error' ? state : null
        return { shutDown, measures: measuresOf(reading) }
      } catch (error) {
        const isMiss = error instanceof HeadframeError && error.code.startsWith('rig/')
        if (isMiss && error.code !== 'rig/unknown') return null
        throw error
      }
    },
  }
}

function startOf(id: string, access: RigAccess): TuningStart {
  const { name, reading, family } = access.rig(id)
  if (!reading) throw notSupported(`${name} has not been read yet. Try again when it answers.`)
  const capabilities = family.capabilities(reading)
  for (const kind of ['set-frequency', 'set-voltage'] as const) {
    const capability = capabilities[kind]
    if (!capability.offered) throw notSupported(`${name} cannot be tuned: ${capability.because}`)
  }
  if (reading.state !== 'mining') {
    throw notSupported(`${name} does not mine now (${reading.state}). Tuning needs a board at work.`)
  }
  const { frequencyMHz, coreVoltageMv, frequencyOptionsMHz, coreVoltageOptionsMv } = reading.settings
  if (frequencyMHz === null || coreVoltageMv === null) {
    throw notSupported(`${name} does not say which frequencies and voltages are safe for it.`)
  }
  return {
    before: { frequencyMHz, coreVoltageMv },
    frequenciesMHz: frequencyOptionsMHz,
    voltagesMv: coreVoltageOptionsMv,
    ratedPowerW: reading.ratedPowerW,
  }
}

async function apply(
  id: string,
  link: RigLink,
  { frequencyMHz, coreVoltageMv }: TuningSetting,
  parts: RigSubjectParts,
): Promise<void> {
  const { access } = parts
  const present = await access.readNow(id, link)
  const { settings } = present
  const frequency: RigCommand = { kind: 'set-frequency', megahertz: frequencyMHz }
  const voltage: RigCommand = { kind: 'set-voltage', millivolts: coreVoltageMv }
  const slower = settings.frequencyMHz !== null && frequencyMHz < settings.frequencyMHz
  // Never fast on little voltage, not even between two writes.
  const order = slower ? [frequency, voltage] : [voltage, frequency]
  const wanted = order.filter((command) =>
    command === frequency ? settings.frequencyMHz !== frequencyMHz : settings.coreVoltageMv !== coreVoltageMv,
  )
  const { family } = access.rig(id)
  for (const command of wanted) {
    const { settlesInMs } = await family.perform(link, command, present, parts)
    await sleep(parts.clock, settlesInMs)
  }
  if (wanted.length === 0) return
  const after = (await access.readNow(id, link)).settings
  if (after.frequencyMHz !== frequencyMHz || after.coreVoltageMv !== coreVoltageMv) {
    throw new HeadframeError(
      'tuning/not-applied',
      `The rig accepted ${settingWords({ frequencyMHz, coreVoltageMv })}, but says that it runs at ${after.frequencyMHz ?? '?'} MHz and ${after.coreVoltageMv ?? '?'} mV.`,
    )
  }
}

function notSupported(message: string): HeadframeError {
  return new HeadframeError('tuning/not-supported', message)
}
