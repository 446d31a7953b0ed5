/** What a person chose for each device on this machine's own ports, in devices.json, by its key. */
import { z } from 'zod'
import { type Clock } from '../base/index.ts'
import { type JsonFileNotice, openJsonFile } from './json-file.ts'

const fan = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('target'), chipC: z.number(), minPermille: z.number() }),
  z.object({ mode: z.literal('fixed'), permille: z.number() }),
  z.object({
    mode: z.literal('curve'),
    points: z.array(z.object({ chipC: z.number(), permille: z.number() })).readonly(),
  }),
])

const causes = [
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
] as const

const record = z.object({
  key: z.string(),
  /** Empty: its own. */
  name: z.string(),
  /** As the board table calls it; null while nobody said, or when it is no miner. */
  modelId: z.string().nullable(),
  /** What a person said of an anonymous device: a model, or `ignore`; null if nobody was asked. */
  chosen: z.string().nullable(),
  settings: z
    .object({
      enabled: z.boolean(),
      frequencyMhz: z.number(),
      coreVoltageMv: z.number().nullable(),
      fan,
    })
    .nullable(),
  /** Why it was cut, where it stays off until a person has seen that, restarts of the program included. */
  cut: z
    .object({ cause: z.enum(causes), message: z.string(), atMs: z.number(), latched: z.boolean() })
    .nullable(),
  lastSeenMs: z.number(),
})
export type DeviceRecord = z.infer<typeof record>

const VERSION = 1
const file = z.object({ version: z.literal(VERSION), devices: z.array(record).max(10_000) })

export interface OpenedDeviceFile {
  readonly devices: readonly DeviceRecord[]
  readonly notices: readonly JsonFileNotice[]
  /** @throws HeadframeError `settings/not-writable` */
  save(devices: readonly DeviceRecord[]): Promise<void>
}

/** @throws HeadframeError `settings/newer-version`, `settings/not-readable`, `settings/not-writable` */
export async function openDeviceFile(dataDir: string, clock: Clock): Promise<OpenedDeviceFile> {
  const { loaded, notices, save } = await openJsonFile(dataDir, clock, {
    fileName: 'devices.json',
    what: 'What was chosen for USB devices',
    afterLoss: 'Devices start with the settings of their makers, and anonymous ones are asked about again.',
    schema: file,
    version: VERSION,
    empty: { devices: [] as DeviceRecord[] },
  })
  return { devices: loaded.devices, notices, save: (devices) => save({ devices: [...devices] }) }
}
