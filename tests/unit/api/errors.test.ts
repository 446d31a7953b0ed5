import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ORPCError } from '@orpc/server'
import { describe, expect, it } from 'vitest'
import { toContractError } from '../../../src-main/api/errors.ts'
import { METER_ERROR_CODES, OUTSIDE_ERROR_CODES } from '../../../src-main/earnings/index.ts'
import { createLogger, HeadframeError, silentLogger } from '../../../src-main/base/index.ts'

const kindOf = (code: `${string}/${string}`): { code: string; status: number } =>
  toContractError(new HeadframeError(code, 'm'), silentLogger)

describe('errors of the contract', () => {
  it.each([
    ['pool/unknown', 404],
    ['notice/unknown', 404],
    ['practice/off', 404],
    ['pool/invalid-url', 400],
    ['history/empty-range', 400],
    ['pool/active', 409],
    ['pool/disabled', 409],
    ['pool/switch-superseded', 409],
    ['pool/stopping', 503],
    ['pool/no-job', 502],
    ['pool/identity-refused', 502],
    ['noise/certificate-expired', 502],
    ['connect/timed-out', 502],
    ['connection/reset', 502],
    ['tls/wrong-name', 502],
    ['history/busy', 503],
    ['secrets/not-writable', 503],
    ['history/disk-full', 503],
    ['history/not-open', 503],
    ['history/unknown-metric', 400],
    ['history/bad-retention', 400],
    ['history/no-such-backup', 404],
    ['history/busy-keeping', 409],
    ['history/site-in-use', 409],
    ['history/newer-version', 409],
    ['history/wrong-password', 502],
    ['history/server-unreachable', 502],
    ['history/database-unusable', 502],
    ['account/unknown', 404],
    ['account/invalid', 400],
    ['meter/unknown', 404],
    ['meter/invalid', 400],
    ['address/known', 409],
    ['payout/not-manual', 409],
    ['tariff/gap', 400],
    ['money/invalid', 400],
    ['earnings/too-many-buckets', 400],
    ['practice/year-running', 409],
    ['something/unheard-of', 503],
  ] as const)('%s is %i', (code, status) => {
    expect(kindOf(code).status).toBe(status)
  })

  it.each([...OUTSIDE_ERROR_CODES, ...METER_ERROR_CODES])('%s blames whoever it is that failed', (code) => {
    const ours: Record<string, number> = {
      'outside/bad-address': 400,
      'meters/bad-address': 400,
      'outside/not-chosen': 409,
      'outside/given-up': 503,
    }
    expect(kindOf(code).status).toBe(ours[code] ?? 502)
  })

  it('lists only codes that some part really throws', () => {
    const root = resolve(import.meta.dirname, '../../../src-main')
    const table =
      /KINDS: Readonly[^{]*\{([^}]*)\}/.exec(readFileSync(join(root, 'api/errors.ts'), 'utf8'))?.[1] ?? ''
    const listed = [...table.matchAll(/'([\w-]+\/[\w-]+)':/g)].map(([, code]) => code)
    expect(listed.length).toBeGreaterThan(5)
    const sources = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.endsWith('/api'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('\n')
    // Thrown by the api itself.
    const own = ['practice/off']
    expect(listed.filter((code) => !sources.includes(`'${code}'`) && !own.includes(code ?? ''))).toEqual([])
  })

  it('keeps a bug to the log, under a number', () => {
    const lines: Record<string, unknown>[] = []
    const log = createLogger((level, _scope, _message, fields) => void lines.push({ level, ...fields }))
    const error = toContractError(new RangeError('the detail'), log) as ORPCError<
      string,
      { context: { id: string } }
    >
    expect(JSON.stringify(error.toJSON())).not.toContain('detail')
    expect(lines).toEqual([
      {
        level: 'error',
        id: error.data.context.id,
        error: expect.stringContaining('RangeError: the detail') as string,
      },
    ])
  })

  it('takes an error of the calling library for a bug, too: handlers throw none', () => {
    expect(toContractError(new ORPCError('BAD_REQUEST'), silentLogger).status).toBe(500)
    expect(toContractError('a string', silentLogger).status).toBe(500)
  })
})
