import { describe, expect, it } from 'vitest'
import { openHistory, tryDatabase } from '../../../../src-main/history/index.ts'
import { freshSite, isPostgresSkipped, queryServer } from '../../../support/postgres.ts'
import { temporaryDir } from '../../../support/temporary-dir.ts'

const NOW = Date.UTC(2026, 10, 22)
const failed = async (...asked: Parameters<typeof tryDatabase>): Promise<string> => {
  const { ok, steps } = await tryDatabase(...asked)
  expect(ok).toBe(false)
  const last = steps.at(-1)!
  expect(last.ok).toBe(false)
  expect(JSON.stringify(steps)).not.toContain('s3cret')
  return `${last.step}: ${last.detail}`
}

describe('trying a folder', () => {
  it('says whether it can be written', async () => {
    const dataDir = temporaryDir()
    expect(await tryDatabase({ kind: 'sqlite', dataDir })).toMatchObject({ ok: true })
    expect(await failed({ kind: 'sqlite', dataDir: `${dataDir}/none` })).toMatch(/^Write to the data folder/)
  })
})

describe.skipIf(isPostgresSkipped)('trying a server', () => {
  it('changes nothing of a site that is new, and knows one that is there', async () => {
    const site = await freshSite()
    expect(await tryDatabase(site)).toMatchObject({
      ok: true,
      steps: [{}, { detail: /new site/i }, {}].map(() => ({ ok: true })),
    })
    const schemas = `SELECT 1 FROM pg_namespace WHERE nspname = 'headframe_${site.site}'`
    expect((await queryServer(site.url, schemas)).rowCount).toBe(0)
    const { history } = await openHistory({ database: site, nowMs: NOW })
    expect(await failed(site)).toMatch(/Another Headframe writes/)
    expect(await tryDatabase(site, { isInUseHere: true })).toMatchObject({ ok: true })
    await history.close()
    const again = await tryDatabase(site)
    expect(again.ok).toBe(true)
    expect(again.steps[1]!.detail).toMatch(/goes on where it ended/)
  })

  it('says what is wrong with address, password, database and rights', async () => {
    const site = await freshSite()
    const change = (edit: (url: URL) => void): typeof site => {
      const url = new URL(site.url)
      edit(url)
      return { ...site, url: url.href }
    }
    expect(await failed(change((url) => (url.password = 's3cret')))).toMatch(
      /^Connect and log in: .*password/,
    )
    expect(await failed(change((url) => (url.pathname = '/none')))).toMatch(/There is no database/)
    expect(await failed(change((url) => (url.port = '1')))).toMatch(/does not answer/)
    expect(await failed({ ...site, url: 'http://s3cret@192.0.2.1/x' })).toMatch(/^Address: /)
    expect(await failed({ ...site, site: 'Not a name' })).toMatch(/cannot name a site/)
    const role = `headframe_guest_${process.pid}`
    await queryServer(site.url, `CREATE ROLE ${role} LOGIN PASSWORD 's3cret'`)
    try {
      const guest = change((url) => {
        url.username = role
        url.password = 's3cret'
      })
      expect(await failed(guest)).toMatch(/^Room for this site: .*may not create/)
      await queryServer(site.url, `CREATE SCHEMA headframe_${site.site}`)
      expect(await failed(guest)).toMatch(/may not use the schema/)
    } finally {
      await queryServer(site.url, `DROP ROLE ${role}`)
    }
  })

  it('refuses a site that a newer program wrote', async () => {
    const site = await freshSite()
    const { history } = await openHistory({ database: site, nowMs: NOW })
    await history.close()
    await queryServer(site.url, 'UPDATE headframe_version SET version = version + 1', site.site)
    expect(await failed(site)).toMatch(/newer Headframe/)
  })
})
