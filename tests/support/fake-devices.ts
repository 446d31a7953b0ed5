/** USB and serial devices in memory behind the api. */
import { type DeviceCalls } from '../../src-main/api/index.ts'
import { HeadframeError } from '../../src-main/base/index.ts'
import { type Device, type DeviceDetail, type LiveValue } from '../../src-preload/contract/index.ts'
import { CountedListView, CountedValueView } from './counted-views.ts'
import {
  pretendAccess,
  pretendDevice,
  pretendDeviceDetail,
  pretendDeviceTuning,
  pretendUnknownDevice,
} from './pretend-device-values.ts'

type Reach = (name: string, input: unknown) => Promise<void>

export class FakeDevices {
  readonly list = new CountedListView<Device>()
  readonly #detail = new CountedValueView<DeviceDetail>(pretendDeviceDetail(pretendDevice()))
  readonly calls: DeviceCalls
  readonly #reach: Reach

  constructor(reach: Reach) {
    this.#reach = reach
    this.list.apply([pretendDevice(), pretendUnknownDevice()])
    this.calls = {
      devices: this.list,
      access: () => reach('access', null).then(() => pretendAccess()),
      stopAll: () => reach('stopAll', null),
      detail: (id) => pretendDeviceDetail(this.#require(id)),
      followDetail: (id, signal) => this.#follow(id, signal),
      update: (id, patch) => this.#answer('updateDevice', { id, ...patch }, id),
      choose: (id, modelId) => this.#answer('choose', { id, modelId }, id),
      act: (id, action) => this.#answer('actDevice', { id, action }, id),
      forget: async (id) => {
        await reach('forget', id)
        this.list.apply([], [this.#require(id).id])
      },
      tune: async (id, draft) => {
        await reach('tune', { id, ...draft })
        return pretendDeviceTuning(this.#require(id).id)
      },
      fault: (id, fault) => reach('fault', { id: this.#require(id).id, fault }),
    }
  }

  async #answer(name: string, input: unknown, id: string): Promise<Device> {
    await this.#reach(name, input)
    return this.#require(id)
  }

  get followers(): number {
    return this.list.followers + this.#detail.followers
  }

  #follow(id: string, signal?: AbortSignal): AsyncGenerator<LiveValue<DeviceDetail>, void, void> {
    this.#require(id)
    return this.#detail.follow(signal)
  }

  #require(id: string): Device {
    const device = this.list.find(id)
    if (!device) throw new HeadframeError('device/unknown', 'There is no such device.')
    return device
  }
}
