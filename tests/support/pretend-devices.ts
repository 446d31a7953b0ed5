/** USB and serial devices of a pretend core: a list, details that follow, and what a screen told them. */
import { implement, ORPCError } from '@orpc/server'
import {
  contract,
  type Device,
  type DeviceAccess,
  type DeviceDetail,
  type DevicePatch,
} from '../../src-preload/contract/index.ts'
import { pretendAccess, pretendDeviceDetail, pretendDeviceTuning } from './pretend-device-values.ts'
import { PretendList, PretendValue } from './pretend-streams.ts'

export interface PretendDevicesOptions {
  readonly devices?: readonly Device[]
  readonly access?: Partial<DeviceAccess>
}

function failure(
  status: 'BAD_REQUEST' | 'NOT_FOUND' | 'CONFLICT',
  code: string,
  message: string,
): ORPCError<string, unknown> {
  return new ORPCError(status, { message, data: { code, context: {} } })
}

export class PretendDevices {
  readonly list = new PretendList<Device>()
  readonly access: DeviceAccess
  readonly #details = new Map<string, PretendValue<DeviceDetail>>()

  constructor(options: PretendDevicesOptions = {}) {
    this.list.change(options.devices ?? [])
    this.access = pretendAccess(options.access)
  }

  detail(id: string): PretendValue<DeviceDetail> {
    const device = this.require(id)
    const known = this.#details.get(id) ?? new PretendValue(pretendDeviceDetail(device))
    this.#details.set(id, known)
    return known
  }

  require(id: string): Device {
    const device = this.list.find(id)
    if (!device) throw failure('NOT_FOUND', 'device/unknown', 'There is no such device.')
    return device
  }

  change(id: string, changes: Partial<Device>): Device {
    const device = { ...this.require(id), ...changes }
    this.list.change([device])
    const detail = this.detail(id)
    detail.set({ ...detail.value, device })
    return device
  }

  update(id: string, { name, ...patch }: DevicePatch): Device {
    const device = this.require(id)
    const { settings, limits } = device
    if (settings === null || limits === null)
      throw failure('CONFLICT', 'device/cannot', 'This device has no settings.')
    const { min, max } = limits.frequencyMhz
    const { frequencyMhz } = patch
    if (frequencyMhz !== undefined && (frequencyMhz < min || frequencyMhz > max))
      throw failure(
        'BAD_REQUEST',
        'board/frequency-out-of-range',
        `${frequencyMhz} MHz is outside ${min} to ${max} MHz, which is what this board bears.`,
      )
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
    return this.change(id, { ...(name ? { name } : {}), settings: { ...settings, ...given } })
  }
}

export function pretendDevicesRouter(devices: PretendDevices) {
  const os = implement(contract).devices
  return {
    list: os.list.handler(() => devices.list.all),
    live: os.live.handler(({ signal }) => devices.list.open(signal)),
    access: os.access.handler(() => devices.access),
    stopAll: os.stopAll.handler(() => {
      for (const { id } of devices.list.all)
        devices.change(id, { state: 'stopped', doing: 'Switched off', hashrateHs: null })
    }),
    get: os.get.handler(({ input }) => devices.detail(input.id).value),
    detailLive: os.detailLive.handler(({ input, signal }) => devices.detail(input.id).open(signal)),
    update: os.update.handler(({ input: { id, ...patch } }) => devices.update(id, patch)),
    choose: os.choose.handler(({ input }) =>
      devices.change(input.id, {
        state: input.modelId === null ? 'unsupported' : 'starting',
        doing: input.modelId === null ? 'Left alone' : 'Asking the device what it is',
      }),
    ),
    act: os.act.handler(({ input: { id, action } }) => {
      if (action === 'stop')
        return devices.change(id, { state: 'stopped', doing: 'Switched off', hashrateHs: null })
      if (action === 'identify') return devices.require(id)
      return devices.change(id, { state: 'starting', doing: 'Powering up', cut: null, progress: 0.1 })
    }),
    forget: os.forget.handler(({ input }) => devices.list.change([], [devices.require(input.id).id])),
    tune: os.tune.handler(({ input }) => pretendDeviceTuning(devices.require(input.id).id)),
    fault: os.fault.handler(({ input }) => void devices.require(input.id)),
  }
}
