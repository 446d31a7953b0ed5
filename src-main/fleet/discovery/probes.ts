/**
 * What is asked of an address to learn which firmware answers there, and what came back. Values only; reads without any
 * login, nothing that changes a rig. Governing document: rig API digest, sections 1.1 and 1.2.
 */

/** Redirects are answers of their own here: to where they lead tells firmwares apart. */
export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** As text, the beginning of it (`MAX_TEXT_LENGTH`). */
  readonly body: string
}

/** By probe: what came back, null when nothing usable did, absent while it was not asked or has not answered yet. */
export interface ProbeAnswers {
  /** RPC `version`, as JSON, or in text form where JSON was refused. */
  readonly version?: string | null
  /** RPC `devdetails`. */
  readonly devdetails?: string | null
  /** GET `/`. */
  readonly root?: HttpAnswer | null
  /** GET `/` again, over TLS where it was redirected to. */
  readonly securePage?: HttpAnswer | null
  /** GET `/api/system/info`. */
  readonly systemInfo?: HttpAnswer | null
  /** Whatsminer v3 `get.device.info`. */
  readonly deviceInfo?: string | null
  /** GET `/kaonsu/v1/brief`. */
  readonly kaonsuBrief?: HttpAnswer | null
  /** GET `/capabilities` at ePIC's own port. */
  readonly capabilities?: HttpAnswer | null
}

export type ProbeName = keyof ProbeAnswers

/** What the probes keep of a reply; marks stand early in a page. */
export const MAX_TEXT_LENGTH = 65_536

export const EPIC_PORT = 4028
export const RPC_PORT = 4028
export const FRAME_PORT = 4433
export const WEB_PORT = 80

/** Ports that the probes use where the address has none of its own. */
export const PROBED_PORTS: readonly number[] = [WEB_PORT, RPC_PORT, FRAME_PORT]
