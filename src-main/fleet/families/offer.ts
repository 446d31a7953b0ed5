/** Short ways for families to say what they offer, what came of a write, and why not. */
import { HeadframeError } from '../../base/index.ts'
import { type Capabilities, type Capability, type CommandKind, type WriteOutcome } from './family.ts'

type Offers = Readonly<Partial<Record<Exclude<CommandKind, 'restore-pools'>, true | string>>>

/**
 * @param offers true, or why not as a sentence for a person
 * @param otherwise why what is not named is not offered
 */
export function offer(offers: Offers, otherwise: string): Capabilities {
  const one = (kind: keyof Capabilities): Capability => {
    const said = offers[kind] ?? otherwise
    return said === true ? { offered: true } : { offered: false, because: said }
  }
  return {
    'set-pools': one('set-pools'),
    restart: one('restart'),
    reboot: one('reboot'),
    pause: one('pause'),
    resume: one('resume'),
    locate: one('locate'),
    'set-power-mode': one('set-power-mode'),
    'set-power-limit': one('set-power-limit'),
    'set-frequency': one('set-frequency'),
    'set-voltage': one('set-voltage'),
    'set-fan': one('set-fan'),
  }
}

/** The rig said yes. */
export function accepted(settlesInMs: number, patienceMs: number, note: string | null = null): WriteOutcome {
  return { outcome: 'accepted', note, settlesInMs, patienceMs }
}

/** @throws HeadframeError `rig/not-supported` with the reason that the capability gives */
export function requireOffered(capability: Capability): void {
  if (!capability.offered) throw notSupported(capability.because)
}

export function notSupported(because: string): HeadframeError {
  return new HeadframeError('rig/not-supported', because)
}

export function refused(sentence: string, context: HeadframeError['context'] = {}): HeadframeError {
  return new HeadframeError('rig/refused', sentence, { context })
}
