/** What the api needs of the ASICs on this machine's own ports. */
import { type z } from 'zod'
import {
  type Device,
  type DeviceAccess,
  type DeviceAction,
  type DeviceDetail,
  type DeviceFault,
  type DevicePatch,
  type LiveValue,
  type Tuning,
  type tuningDraft,
} from '../../src-preload/contract/index.ts'
import { type LiveListView } from './live-view.ts'

export interface DeviceCalls {
  readonly devices: LiveListView<Device>
  access(): Promise<DeviceAccess>
  /** Every board off, now. */
  stopAll(): Promise<void>
  /** @throws HeadframeError `device/unknown` */
  detail(id: string): DeviceDetail
  /** The same, again about every second. @throws HeadframeError `device/unknown` */
  followDetail(id: string, signal?: AbortSignal): AsyncGenerator<LiveValue<DeviceDetail>, void, void>
  /** @throws HeadframeError `device/unknown`, `board/…` naming the range that was left */
  update(id: string, patch: DevicePatch): Promise<Device>
  /** @throws HeadframeError `device/unknown`, `device/not-asked`, `board/unknown` */
  choose(id: string, modelId: string | null): Promise<Device>
  /** @throws HeadframeError `device/unknown`, `device/unplugged`, `device/cannot` */
  act(id: string, action: DeviceAction): Promise<Device>
  /** @throws HeadframeError `device/unknown`, `device/plugged-in` */
  forget(id: string): Promise<void>
  /** @throws HeadframeError `device/unknown`, `tuning/…` */
  tune(id: string, draft: z.infer<typeof tuningDraft>): Promise<Tuning>
  /** Practice only. @throws HeadframeError `practice/off`, `device/unknown` */
  fault(id: string, fault: DeviceFault): Promise<void>
}
