/** What was chosen for devices, kept by key: read once, written after each change. */
import { type Clock, errorText, type Logger } from '../base/index.ts'
import { type DeviceRecord, openDeviceFile, type OpenedDeviceFile } from '../settings/index.ts'

export class DeviceBook {
  readonly notices: OpenedDeviceFile['notices']
  readonly #file: OpenedDeviceFile
  readonly #records: Map<string, DeviceRecord>

  /** @throws HeadframeError `settings/…` */
  static async open(dataDir: string, clock: Clock): Promise<DeviceBook> {
    return new DeviceBook(await openDeviceFile(dataDir, clock))
  }

  private constructor(file: OpenedDeviceFile) {
    this.#file = file
    this.notices = file.notices
    this.#records = new Map(file.devices.map((record) => [record.key, record]))
  }

  get all(): DeviceRecord[] {
    return [...this.#records.values()]
  }

  /** Of a device that may be new. */
  get(key: string, nowMs: number): DeviceRecord {
    return (
      this.#records.get(key) ?? {
        key,
        name: '',
        modelId: null,
        chosen: null,
        settings: null,
        cut: null,
        lastSeenMs: nowMs,
      }
    )
  }

  /** @throws HeadframeError `settings/not-writable`; the change holds until the program ends */
  async put(record: DeviceRecord): Promise<void> {
    this.#records.set(record.key, record)
    await this.#file.save(this.all)
  }

  /** As `put`, for what no person waits for. */
  note(record: DeviceRecord, log: Logger): void {
    this.put(record).catch((error: unknown) => {
      log.warn('what was chosen for devices could not be saved', { error: errorText(error) })
    })
  }

  /** @throws HeadframeError `settings/not-writable` */
  async remove(key: string): Promise<void> {
    this.#records.delete(key)
    await this.#file.save(this.all)
  }
}
