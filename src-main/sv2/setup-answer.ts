/**
 * The first exchange on an SV2 connection, from the side that is dialled: what the client asks for, and what
 * it gets (Protocol Overview 3.6; Mining Protocol 5.3.1; extensions/0x0001). Pure.
 */
import { ErrorCodes } from './error-codes.ts'
import {
  MiningSetupFlags,
  MiningSetupSuccessFlags,
  Protocol,
  PROTOCOL_VERSION,
  type SetupConnection,
  type SetupConnectionError,
  type SetupConnectionSuccess,
} from './messages/common.ts'
import {
  type RequestExtensions,
  type RequestExtensionsError,
  type RequestExtensionsSuccess,
} from './messages/extensions.ts'

/** What was agreed. */
export interface AgreedSetup {
  /** The client takes nothing but NewMiningJob. */
  readonly standardJobsOnly: boolean
  /** The client takes no job that forbids version rolling. */
  readonly needsVersionRolling: boolean
}

export type SetupOutcome =
  | { readonly ok: true; readonly reply: SetupConnectionSuccess; readonly agreed: AgreedSetup }
  /** The connection is to be closed after the reply. */
  | { readonly ok: false; readonly reply: SetupConnectionError }

/** @param versionRolling whether shares may change version bits here */
export function answerSetup(request: SetupConnection, versionRolling: boolean): SetupOutcome {
  const codes = ErrorCodes.setupConnection
  if (request.protocol !== Protocol.mining) return refuse(codes.unsupportedProtocol)
  if (request.minVersion > PROTOCOL_VERSION || request.maxVersion < PROTOCOL_VERSION) {
    return refuse(codes.protocolVersionMismatch)
  }
  const { requiresStandardJobs, requiresVersionRolling } = MiningSetupFlags
  const supported = requiresStandardJobs | (versionRolling ? requiresVersionRolling : 0)
  const unsupported = (request.flags & ~supported) >>> 0
  if (unsupported !== 0) return refuse(codes.unsupportedFeatureFlags, unsupported)
  const flags = versionRolling ? 0 : MiningSetupSuccessFlags.requiresFixedVersion
  return {
    ok: true,
    reply: { name: 'SetupConnection.Success', usedVersion: PROTOCOL_VERSION, flags },
    agreed: {
      standardJobsOnly: (request.flags & requiresStandardJobs) !== 0,
      needsVersionRolling: (request.flags & requiresVersionRolling) !== 0,
    },
  }
}

/**
 * The answer to a request for extensions: those we speak, or, if it is none of them, that the client may go on
 * without.
 * @param spoken ids of the extensions this side speaks
 */
export function answerExtensions(
  request: RequestExtensions,
  spoken: ReadonlySet<number>,
): RequestExtensionsSuccess | RequestExtensionsError {
  const { requestId, requestedExtensions } = request
  const supportedExtensions = requestedExtensions.filter((id) => spoken.has(id))
  if (supportedExtensions.length > 0 || requestedExtensions.length === 0) {
    return { name: 'RequestExtensions.Success', requestId, supportedExtensions }
  }
  return {
    name: 'RequestExtensions.Error',
    requestId,
    unsupportedExtensions: requestedExtensions,
    requiredExtensions: [],
  }
}

function refuse(errorCode: string, flags = 0): SetupOutcome {
  return { ok: false, reply: { name: 'SetupConnection.Error', flags, errorCode } }
}
