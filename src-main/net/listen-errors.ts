/** Why a port could not be opened, in plain sentences that name the option which changes it. */
import { errorText, HeadframeError, systemErrorCode } from '../base/index.ts'
import { formatHostPort, type HostPort } from './host-port.ts'

export function explainListenError(
  { host, port, optionName }: HostPort & { readonly optionName: string },
  error: Error,
): HeadframeError {
  const details = { context: { host, port, optionName }, cause: error }
  const remedy = `start with ${optionName} HOST:PORT`
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return new HeadframeError(
        'listen/port-taken',
        `Port ${String(port)} on ${host} is taken by another program; stop it or ${remedy}.`,
        details,
      )
    case 'EACCES':
    case 'EPERM':
      return new HeadframeError(
        'listen/not-permitted',
        `This system does not let us listen on port ${String(port)} of ${host}; ports below 1024 are often reserved. To use another, ${remedy}.`,
        details,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
      return new HeadframeError(
        'listen/not-our-address',
        `${host} is not an address of this machine; use 0.0.0.0 for all of its networks, or ${remedy}.`,
        details,
      )
    default:
      return new HeadframeError(
        'listen/failed',
        `Could not listen on ${formatHostPort({ host, port })}: ${errorText(error)}. To use another address, ${remedy}.`,
        details,
      )
  }
}
