/** USB and serial devices of the machine that Headframe runs on, and what a person tells them. */
import type {
  Device,
  DeviceAccess,
  DeviceAction,
  DeviceDetail,
  DeviceFault,
  DevicePatch,
  Tuning,
  TuningDraft,
} from '@contract'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useConnection } from '../api/client.ts'
import { follow, type Following, type FollowStatus } from '../api/follow.ts'
import { createFollowedList } from '../api/live-list.ts'
import { createFollowedView } from './following.ts'

export interface DeviceDetailReader {
  onDetail(detail: DeviceDetail): void
  /** Fails with `device/unknown` once it was forgotten. */
  onStatus(status: FollowStatus): void
}

export const useDevicesStore = defineStore('devices', () => {
  const connection = useConnection()
  const { client } = connection
  const list = createFollowedList<Device>()
  const view = createFollowedView({
    open: (core, signal) => core.devices.live(undefined, { signal }),
    apply: list.apply,
  })

  /** Everything known of one device, again about every second, until stopped. */
  function readDetail(id: string, reader: DeviceDetailReader): Following {
    return follow<{ revision: number; value: DeviceDetail }>(connection, {
      open: (core, signal) => core.devices.detailLive({ id }, { signal }),
      apply(event) {
        reader.onDetail(event.value)
        return true
      },
      onStatus: reader.onStatus,
    })
  }

  const access = (): Promise<DeviceAccess> => client.devices.access()
  const update = (id: string, patch: DevicePatch): Promise<Device> => client.devices.update({ id, ...patch })
  /** Says what an anonymous device is; null for none of ours. */
  const choose = (id: string, modelId: string | null): Promise<Device> =>
    client.devices.choose({ id, modelId })
  const act = (id: string, action: DeviceAction): Promise<Device> => client.devices.act({ id, action })
  const tune = (id: string, draft: TuningDraft): Promise<Tuning> => client.devices.tune({ id, ...draft })
  async function stopAll(): Promise<void> {
    await client.devices.stopAll()
  }
  async function forget(id: string): Promise<void> {
    await client.devices.forget({ id })
  }
  /** Practice only. */
  async function misbehave(id: string, fault: DeviceFault): Promise<void> {
    await client.devices.fault({ id, fault })
  }

  return {
    /** Null before the first snapshot. */
    devices: list.items,
    problem: computed(view.problem),
    follow: view.follow,
    release: view.release,
    retry: view.retry,
    readDetail,
    access,
    update,
    choose,
    act,
    tune,
    stopAll,
    forget,
    misbehave,
  }
})
