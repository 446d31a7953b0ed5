/** The command line (frozen: scripts rely on it). Pure. */
import { parseArgs } from 'node:util'
import { err, ok, type Result } from '../base/index.ts'
import { type HostPort, parseHostPort } from '../net/index.ts'

export interface CommandLine {
  readonly practice: boolean
  readonly json: boolean
  readonly help: boolean
  readonly version: boolean
  /** Null for the platform's folder. */
  readonly dataDir: string | null
  /** Null for what the settings say. */
  readonly dashboard: HostPort | null
  readonly stratum: HostPort | null
  /** Accepted, but not served yet: the host says so. */
  readonly stratumV2: HostPort | null
  /** Accepted, but not served yet: the host says so. */
  readonly stratumWs: HostPort | null
}

export const USAGE = `Headframe: mining manager for a home or a small farm

npm start                          the desktop window; the headless dashboard where there is no display
npm start -- --headless            no window: dashboard and API on http://127.0.0.1:4950
npm start -- --practice            with the practice farm: a pool, a chain and rigs out of thin air

  --data-dir DIR                   default: the platform's application data folder
  --dashboard HOST:PORT            default 127.0.0.1:4950; port 0 picks a free one
  --stratum HOST:PORT              Stratum V1 for rigs, default 0.0.0.0:3333
  --stratum-v2 HOST:PORT           Stratum V2 for rigs, default 0.0.0.0:3336
  --stratum-ws HOST:PORT           WebSocket for rigs, either protocol, default off
  --json                           one JSON line on stdout when ready, then one per state change
  --version, --help
`

type AddressOption = 'dashboard' | 'stratum' | 'stratum-v2' | 'stratum-ws'

/** @returns a sentence naming the option that is wrong and what to write instead */
export function parseCommandLine(args: readonly string[]): Result<CommandLine, string> {
  let values
  try {
    ;({ values } = parseArgs({
      args: [...args],
      options: {
        headless: { type: 'boolean' },
        practice: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
        'data-dir': { type: 'string' },
        dashboard: { type: 'string' },
        stratum: { type: 'string' },
        'stratum-v2': { type: 'string' },
        'stratum-ws': { type: 'string' },
      },
    }))
  } catch (error) {
    return err(`${error instanceof Error ? error.message.split('. ')[0] : 'Wrong option'}. See --help.`)
  }
  const addresses: Record<AddressOption, HostPort | null> = {
    dashboard: null,
    stratum: null,
    'stratum-v2': null,
    'stratum-ws': null,
  }
  for (const name of Object.keys(addresses) as AddressOption[]) {
    const text = values[name]
    if (text === undefined) continue
    const parsed = parseHostPort(text)
    if (!parsed.ok) {
      return err(
        `--${name} ${text} is not HOST:PORT: write for instance --${name} 127.0.0.1:4950 (${parsed.error}).`,
      )
    }
    addresses[name] = parsed.value
  }
  return ok({
    practice: values.practice ?? false,
    json: values.json ?? false,
    help: values.help ?? false,
    version: values.version ?? false,
    dataDir: values['data-dir'] ?? null,
    dashboard: addresses.dashboard,
    stratum: addresses.stratum,
    stratumV2: addresses['stratum-v2'],
    stratumWs: addresses['stratum-ws'],
  })
}
