/** ASICs on the USB and serial ports of this machine: what is plugged in, what it does, what it may be told. */
import { z } from 'zod'
import { count, momentMs } from './values.ts'

/** A number that was measured; null where nothing was said. */
const measured = z.number().nullable()

/**
 * ask: a person must say what it is before a byte is written to it. driver: no port, or one without what is needed.
 * blocked: the port cannot be had (busy, no permission). stopped: a person stopped it. waiting: no work yet.
 * starting: power, counting, configuring, ramp. hashing. recovering: a full restart after a fault, or the wait
 * before it. cut: safety took the power away. unsupported: known, and not driven. gone: unplugged.
 */
export const deviceState = z.enum([
  'ask',
  'driver',
  'blocked',
  'stopped',
  'waiting',
  'starting',
  'hashing',
  'recovering',
  'cut',
  'unsupported',
  'gone',
])
export type DeviceState = z.infer<typeof deviceState>

const range = z.object({ min: z.number(), max: z.number(), step: z.number(), default: z.number() })

export const deviceFan = z.discriminatedUnion('mode', [
  z.object({
    mode: z.literal('target').describe('Holds the chips at a temperature'),
    chipC: z.number().min(30).max(90),
    minPercent: z.number().min(0).max(100),
  }),
  z.object({ mode: z.literal('fixed'), percent: z.number().min(0).max(100) }),
  z.object({
    mode: z.literal('curve').describe('Straight lines between points, by chip temperature'),
    points: z
      .array(z.object({ chipC: z.number().min(0).max(120), percent: z.number().min(0).max(100) }))
      .min(2)
      .max(8),
  }),
])
export type DeviceFan = z.infer<typeof deviceFan>

export const deviceSettings = z.object({
  enabled: z.boolean().describe('Whether it mines when it is plugged in'),
  frequencyMhz: z.number().describe('What a person asked for'),
  coreVoltageMv: z.number().nullable().describe('null where it cannot be set'),
  fan: deviceFan.nullable().describe('null where no fan can be reached'),
})
export type DeviceSettings = z.infer<typeof deviceSettings>

/** Where it must stop, and what it may be told. */
export const deviceLimits = z.object({
  frequencyMhz: range,
  coreVoltageMv: range.nullable(),
  fanMinPercent: z.number().nullable(),
  stopsOnFanStall: z.boolean().describe('Whether a fan that stands still for ten seconds stops the board'),
  chipWarnC: z.number(),
  chipTripC: z.number(),
  regulatorTripC: measured,
  maxPowerW: measured,
  canCutPower: z
    .boolean()
    .describe('Otherwise only its work can be stopped, and unplugging it cuts the power'),
  measuresHeat: z.boolean(),
})
export type DeviceLimits = z.infer<typeof deviceLimits>

export const deviceReadings = z.object({
  at: momentMs,
  chipC: measured,
  regulatorC: measured,
  inputVoltageMv: measured,
  coreVoltageMv: measured,
  currentMa: measured,
  powerW: measured,
  fanRpm: measured,
  fanPercent: measured,
})
export type DeviceReadings = z.infer<typeof deviceReadings>

/** Why power was taken away. */
export const deviceCut = z.object({
  cause: z.enum([
    'too-hot',
    'regulator-too-hot',
    'too-much-power',
    'fan-stalled',
    'sensors-silent',
    'regulator-fault',
    'control-lost',
    'hashing-silent',
    'stopped',
    'unplugged',
  ]),
  message: z.string(),
  at: momentMs,
  mustAcknowledge: z.boolean().describe('It stays off until a person has seen this'),
})
export type DeviceCut = z.infer<typeof deviceCut>

export const deviceModel = z.object({
  id: z.string(),
  name: z.string(),
  maker: z.string(),
  chip: z.string().describe('For instance BM1370'),
  chipCount: count,
  notes: z.array(z.string()).describe('What a person should know of it'),
})
export type DeviceModel = z.infer<typeof deviceModel>

export const device = z.object({
  id: z.string().describe('Vendor, product and serial number, else where it is plugged in'),
  name: z.string(),
  model: deviceModel.nullable().describe('null while nobody said what it is'),
  candidates: z
    .array(z.object({ id: z.string(), name: z.string() }))
    .describe('What it may be, where a person must say'),
  usb: z.object({
    vendorId: z.string().nullable().describe('Four hex digits'),
    productId: z.string().nullable(),
    manufacturer: z.string().nullable(),
    product: z.string().nullable(),
    serialNumber: z.string().nullable(),
    ports: z.array(z.string()),
  }),
  state: deviceState,
  doing: z.string().describe('What it is doing now, in words'),
  problem: z
    .object({ code: z.string(), message: z.string() })
    .nullable()
    .describe('What keeps it from hashing'),
  since: momentMs.describe('Of this state'),
  progress: z.number().min(0).max(1).nullable().describe('Of starting; null otherwise'),
  hashrateHs: measured.describe('From nonces; null while it settles'),
  hashrateErrorRatio: measured.describe('One sigma, as a ratio'),
  expectedHashrateHs: measured.describe('At its present clock'),
  frequencyMhz: measured.describe('What it runs at now'),
  readings: deviceReadings.nullable(),
  nonces: count,
  hardwareErrors: count,
  shares: z.object({ accepted: count, refused: count }),
  settings: deviceSettings.nullable(),
  limits: deviceLimits.nullable(),
  cut: deviceCut.nullable(),
  downstreamId: z.string().nullable().describe('Of its place in the proxy'),
})
export type Device = z.infer<typeof device>

export const deviceChip = z.object({
  index: count,
  /** ok: as expected. weak: below 80 %. errors: many hardware errors. silent: it should have answered long ago. settling: too early to say. */
  health: z.enum(['ok', 'weak', 'errors', 'silent', 'settling']),
  nonces: count,
  hardwareErrors: count,
  hashrateHs: measured,
  expectedRatio: measured.describe('Of what it should deliver'),
  lastNonceAt: momentMs.nullable(),
})
export type DeviceChip = z.infer<typeof deviceChip>

export const deviceEvent = z.object({
  at: momentMs,
  tone: z.enum(['info', 'good', 'warning', 'error']),
  text: z.string(),
})
export type DeviceEvent = z.infer<typeof deviceEvent>

export const deviceDetail = z.object({
  device,
  chips: z.array(deviceChip).describe('Those that can be told apart; one entry for a single chip'),
  unattributedNonces: count.describe('Whose chip is not known'),
  work: z
    .object({
      poolName: z.string().nullable(),
      ticketDifficulty: measured.describe('Hashes easier than this are not reported by the chips'),
      shareDifficulty: measured,
      jobIntervalMs: measured,
      jobsSent: count,
      versionRolling: z.boolean(),
      lastNonceAt: momentMs.nullable(),
      bestDifficulty: measured,
    })
    .nullable(),
  counts: z.object({
    shares: count,
    nearMisses: count.describe('Valid, and easier than a share'),
    hardwareErrors: count,
    duplicates: count,
    stale: count,
    foreign: count.describe('Of jobs that are no longer known'),
    skippedBytes: count,
    badFrames: count,
  }),
  health: z.object({ tone: z.enum(['good', 'warning', 'error', 'unknown']), reasons: z.array(z.string()) }),
  events: z.array(deviceEvent).describe('Newest first'),
  recent: z
    .array(
      z.object({
        at: momentMs,
        chipC: measured,
        powerW: measured,
        hashrateHs: measured,
        fanPercent: measured,
      }),
    )
    .describe('The last ten minutes, oldest first'),
})
export type DeviceDetail = z.infer<typeof deviceDetail>

/** What can be changed. A change is checked against the board's table before anything is sent. */
export const devicePatch = z.object({
  name: z.string().trim().max(60).optional().describe('Empty: its own'),
  enabled: z.boolean().optional(),
  frequencyMhz: z.number().optional(),
  coreVoltageMv: z.number().optional(),
  fan: deviceFan.optional(),
})
export type DevicePatch = z.infer<typeof devicePatch>

/**
 * start, stop: kept, also for the next time it is plugged in. restart: power off and on. acknowledge: a person has
 * seen why it was cut. identify: its light blinks, where it has one.
 */
export const deviceAction = z.enum(['start', 'stop', 'restart', 'acknowledge', 'identify'])
export type DeviceAction = z.infer<typeof deviceAction>

/** How this system lets a person reach such devices. */
export const deviceAccess = z.object({
  platform: z.enum(['linux', 'macos', 'windows', 'other']),
  allowed: z.boolean().nullable().describe('Whether this user may open the ports; null: cannot be told'),
  rule: z
    .object({ fileName: z.string(), text: z.string(), installed: z.boolean(), commands: z.array(z.string()) })
    .nullable()
    .describe('The udev rule; null where there is no such thing'),
  notes: z.array(z.object({ title: z.string(), text: z.string() })),
})
export type DeviceAccess = z.infer<typeof deviceAccess>

/** Practice only: what a simulated board can be told to do wrong. */
export const deviceFault = z.enum([
  'overheat',
  'stuck-fan',
  'dead-chip',
  'lost-bytes',
  'bad-crc',
  'silence',
  'unplug',
  'plug-in',
  'heal',
])
export type DeviceFault = z.infer<typeof deviceFault>
