/**
 * The first exchange on an SV2 connection, from the side that is dialled: what the client asks for, and what
 * it gets (Protocol Overview 3.6; Mining Protocol 5.3.1). Pure.
 */
import {
  ErrorCodes,
  MiningSetupFlags,
  MiningSetupSuccessFlags,
  Protocol,
  PROTOCOL_VERSION,
  type RequestExtensions,
  type RequestExtensionsError,
  type SetupConnection,
  type SetupConnectionError,
  type SetupConnectionSuccess,
} from '../sv2/index.ts'

/** What was agreed. */
export interface AgreedSetup {
  /** The client takes nothing but NewMiningJob. */
  readonly standardJobsOnly: boolean
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
    agreed: { standardJobsOnly: (request.flags & requiresStandardJobs) !== 0 },
  }
}

/** No extension is spoken here, and none is demanded: the client may go on without. */
export function refuseExtensions(request: RequestExtensions): RequestExtensionsError {
  return {
    name: 'RequestExtensions.Error',
    requestId: request.requestId,
    unsupportedExtensions: request.requestedExtensions,
    requiredExtensions: [],
  }
}

function refuse(errorCode: string, flags = 0): SetupOutcome {
  return { ok: false, reply: { name: 'SetupConnection.Error', flags, errorCode } }
}
