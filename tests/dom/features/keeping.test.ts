import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backupCost, exportFileName, forecastOf, rawCost } from '@/features/keeping/keeping-words.ts'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendKeepingState } from '../../support/pretend-keeping.ts'
import { mountApp, pass, START, useFakeClock, type MountedApp } from '../mount-app.ts'

const state = (given = {}) => pretendKeepingState(START, given)

describe('the size of the history, in words', () => {
  it('says whether a year more is within the limit', () => {
    expect(forecastOf(state())!.text).toBe(
      'A year adds about 268 MB: 1.42 GB a year from now, within the 2.00 GB it may take.',
    )
    const tight = state({ sizeBytes: 1_900_000_000 })
    expect(forecastOf(tight)).toMatchObject({ over: true })
    expect(forecastOf(state({ yearForecastBytes: null }))).toBeNull()
  })

  it('says what keeping every reading for longer costs here', () => {
    expect(rawCost(state(), 28, START)).toBe('28 days of every reading take about 684 MB on this farm.')
    expect(rawCost(state({ parts: [] }), 28, START)).toBeNull()
  })

  it('counts the backups there can be', () => {
    const { retention } = state()
    expect(backupCost(state(), retention)).toContain('Up to 11 backups, about 12.6 GB')
    expect(backupCost(state(), { ...retention, backupEvery: 'off' })).toBe('No backup is made by itself.')
  })

  it('names an export by what and when', () => {
    expect(exportFileName('rig-days', START - 86_400_000, START, 'jsonl')).toBe(
      'headframe-rig-days-2026-11-21-to-2026-11-22.jsonl',
    )
  })
})

describe('the data page', () => {
  let app: MountedApp
  let core: PretendCore
  beforeEach(() => {
    useFakeClock()
    core = new PretendCore()
  })
  afterEach(async () => {
    await app.unmount()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })
  async function open(given = {}): Promise<void> {
    core.keeping.change(given)
    app = await mountApp(core, '/history/data')
    await pass(50)
  }
  const newest = (): string => core.keeping.value.value.backups[0]!.name

  it('shows the size by part, and when every reading is kept for a shorter time', async () => {
    await open({ effectiveRawDays: 9 })
    expect(app.text('keeping-size')).toContain('1.15 GB')
    expect(app.text('keeping-size')).toContain('Every reading342 MB')
    expect(app.text('keeping-shortened')).toContain('for 9 days instead of 14')
    expect(app.find('keeping-trouble')).toBeNull()
  })

  it('says that nothing is recorded, why, and that rigs go on', async () => {
    await open({
      writing: false,
      problem: 'The disk is full. Free some space and recording goes on by itself.',
    })
    expect(app.text('keeping-trouble')).toContain('Nothing is being recorded')
    expect(app.text('keeping-trouble')).toContain('Free some space')
    expect(app.text('keeping-trouble')).toContain('Your rigs go on mining.')
  })

  it('saves what was chosen, and not what makes no sense', async () => {
    await open()
    expect((app.get('retention-save') as HTMLButtonElement).disabled).toBe(true)
    await app.type('retention-raw', '400')
    expect((app.get('retention-save') as HTMLButtonElement).disabled).toBe(true)
    await app.type('retention-raw', '28')
    expect(app.text('retention-form')).toContain('28 days of every reading take about 684 MB')
    app.get('retention-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(core.callsOf('keeping.configure')).toMatchObject([{ rawDays: 28, budgetMegabytes: 2000 }])
    expect((app.get('retention-save') as HTMLButtonElement).disabled).toBe(true)
  })

  it('keeps a refused choice and says why', async () => {
    await open()
    core.answerNext('keeping.configure', () => new Error('The settings could not be written.'))
    await app.type('retention-raw', '20')
    app.get('retention-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(app.text('retention-form')).toContain('The settings could not be written.')
    expect((app.get('retention-save') as HTMLButtonElement).disabled).toBe(false)
  })

  it('makes a backup and shows how far it is', async () => {
    core.keeping.taskMs = 1000
    await open()
    await app.click(app.get('backup-make'))
    await pass(500)
    expect(app.text('keeping-task')).toMatch(/Making a backup.*\d+ %/)
    await pass(1000)
    expect(app.find('keeping-task')).toBeNull()
    expect(app.text(`backup-${newest()}`)).toContain('by hand')
  })

  it('tells what a verification found', async () => {
    core.keeping.problems = ['Page 71 of the readings of 3 November cannot be read.']
    await open()
    await app.click(app.get('verify-live'))
    await pass(50)
    expect(app.text('verify-report')).toContain('is damaged')
    expect(app.text('verify-report')).toContain('Page 71')
  })

  it('restores only after saying what happens, and says what is lost and where the old one is', async () => {
    await open()
    const name = core.keeping.value.value.backups[2]!.name
    await app.click(app.get(`backup-restore-${name}`))
    expect(app.pageText()).toContain('the history of now is kept aside')
    expect(core.callsOf('keeping.restore')).toEqual([])
    await app.click(app.get('confirm-action'))
    await pass(50)
    expect(core.callsOf('keeping.restore')).toEqual([{ name }])
    expect(app.text('backups')).toContain('The last 49 hours are not in it.')
    expect(app.text('backups')).toContain('history-before-restore.sqlite')
  })

  it('deletes a backup after a word, and says when it could not', async () => {
    await open()
    const name = newest()
    core.answerNext('keeping.removeBackup', () => new Error('The file is in use.'))
    await app.click(app.get(`backup-delete-${name}`))
    await app.click(app.get('confirm-action'))
    await pass()
    expect(app.pageText()).toContain('The file is in use.')
    await app.click(app.get('confirm-action'))
    await pass()
    expect(app.find(`backup-${name}`)).toBeNull()
  })

  it('puts an export together piece by piece into one file', async () => {
    const saved: Blob[] = []
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      saved.push(blob as Blob)
      return 'blob:x'
    })
    await open()
    app.get('export-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass(200)
    const cursors = (core.callsOf('keeping.export') as { cursor?: string }[]).map(({ cursor }) => cursor)
    expect(cursors).toEqual([undefined, '1', '2', '3', '4', '5'])
    expect(app.text('export-progress')).toMatch(/^Saved as headframe-rig-hours-.*\.csv: 3,000 rows/)
    const text = await saved[0]!.text()
    expect(text.match(/time,value/g)).toHaveLength(1)
    expect(text.trimEnd().split('\r\n')).toHaveLength(3001)
  })

  it('stops an export when it is asked to, and says what went wrong with one', async () => {
    await open()
    core.answerNext('keeping.export', () => new Promise(() => undefined))
    app.get('export-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    await app.click(app.get('export-cancel'))
    expect(app.get('export-form').dataset.phase).toBe('idle')
    core.answerNext('keeping.export', () => new Error('The history has stopped.'))
    app.get('export-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(app.text('export-progress')).toBe('The history has stopped.')
  })

  it('tries a server step by step before it can be used, and says that a restart is needed', async () => {
    await open()
    await app.click([...document.querySelectorAll<HTMLElement>('[role="radio"]')].at(-1)!)
    expect((app.get('database-test') as HTMLButtonElement).disabled).toBe(true)
    await app.type('database-host', 'db.example.net')
    await app.type('database-site', 'My Cellar')
    expect(app.text('database-form')).toContain('Small letters, digits and underscores only')
    await app.type('database-site', 'cellar')
    expect((app.get('database-use') as HTMLButtonElement).disabled).toBe(true)
    app.get('database-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(app.text('database-steps')).toContain('PostgreSQL 15.8')
    await app.click(app.get('database-use'))
    expect(core.callsOf('keeping.useDatabase')).toMatchObject([
      { kind: 'postgres', site: 'cellar', port: 5432 },
    ])
    expect(app.text('database-restart')).toContain('Restart Headframe')
  })

  it('does not use a server whose test failed', async () => {
    core.keeping.databaseTest = {
      ok: false,
      steps: [{ step: 'Connect', ok: false, detail: 'Nothing answers on port 5432.' }],
    }
    await open()
    await app.click([...document.querySelectorAll<HTMLElement>('[role="radio"]')].at(-1)!)
    await app.type('database-host', 'db.example.net')
    await app.type('database-site', 'cellar')
    app.get('database-form').dispatchEvent(new Event('submit', { cancelable: true }))
    await pass()
    expect(app.text('database-steps')).toContain('Nothing answers')
    expect((app.get('database-use') as HTMLButtonElement).disabled).toBe(true)
  })

  it('leaves backups to a server that makes its own', async () => {
    await open({ backupsBy: 'server', backups: [] })
    expect(app.text('backups')).toContain('its own ways to be backed up')
    expect(app.find('backup-make')).toBeNull()
  })

  it('offers to try again when the history cannot be looked at', async () => {
    core.answerNext('keeping.live', () => new Error('The history has stopped.'))
    await open()
    expect(app.pageText()).toContain('The history has stopped.')
  })
})
