import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { mount } from '@vue/test-utils'
import UnauthorisedPage from '@/features/frame/UnauthorisedPage.vue'
import { PretendCore } from '../../support/pretend-core.ts'
import { pretendPractice, pretendRig } from '../../support/pretend-farm.ts'
import { mountApp, pass, useFakeClock, type MountedApp } from '../mount-app.ts'

describe('the frame', () => {
  let app: MountedApp
  beforeEach(useFakeClock)
  afterEach(async () => {
    await app.unmount()
    vi.useRealTimers()
  })

  it('says how long the numbers are old when the connection is lost, and recovers by itself', async () => {
    const core = new PretendCore({
      overview: { rigs: { total: 1, online: 1, hashing: 1 }, hashrateHs: 1e12 },
    })
    app = await mountApp(core)
    expect(app.get('connection-state').dataset.state).toBe('live')

    core.refuse('unreachable')
    core.cut()
    await pass(4000)
    expect(app.get('connection-state').dataset.state).toBe('disconnected')
    expect(app.text('connection-banner')).toMatch(
      /Connection to Headframe lost\. Last update [34] s ago\. Trying again in \d s\./,
    )
    expect(app.get('overview-hashrate').className).toContain('stale')

    core.refuse(null)
    core.tick({ hashrateHs: 2e12 })
    await pass(10_000)
    core.tick({ hashrateHs: 2e12 })
    await pass()
    expect(app.get('connection-state').dataset.state).toBe('live')
    expect(app.text('overview-hashrate')).toBe('2.00TH/s')
    expect(app.find('connection-banner')).toBeNull()
  })

  it('asks for the link when it is not authorised, and opens once it is', async () => {
    const core = new PretendCore()
    core.refuse('unauthorised')
    app = await mountApp(core)
    expect(app.text('page-unauthorised')).toContain('Open the link that Headframe printed when it started')
    const openings = core.openings
    await pass(60_000)
    expect(core.openings).toBe(openings)

    core.refuse(null)
    await app.click(
      [...document.querySelectorAll('button')].find((each) => each.textContent?.trim() === 'Try again')!,
    )
    expect(app.find('page-unauthorised')).toBeNull()
    expect(app.get('connection-state').dataset.state).toBe('live')
  })

  it('says that Headframe does not answer when it never did, and keeps trying', async () => {
    const core = new PretendCore()
    core.refuse('unreachable')
    app = await mountApp(core)
    await pass(500)
    expect(app.text('page-unreachable')).toContain('Headframe is not answering')
    core.refuse(null)
    await pass(10_000)
    expect(app.find('page-unreachable')).toBeNull()
  })

  it('asks to reload when another version answers after a reconnection', async () => {
    const core = new PretendCore()
    app = await mountApp(core)
    core.info = { ...core.info, version: '0.2.0' }
    core.cut()
    await pass(2000)
    expect(app.text('page-incompatible')).toContain('from version 0.1.0, and version 0.2.0 is running now')
  })

  it('replaces a link that has gone silent', async () => {
    const core = new PretendCore()
    app = await mountApp(core)
    expect(core.openings).toBe(1)
    await pass(16_000)
    expect(core.openings).toBe(2)
  })

  it('says Practice on every screen, and pulls the levers of the practice farm', async () => {
    const core = new PretendCore({
      overview: { practice: true },
      info: { capabilities: { practice: true, tray: false } },
      practice: pretendPractice(),
      rigs: [pretendRig({ id: 'a' })],
    })
    app = await mountApp(core)
    for (const screen of ['Pools', 'Routing', 'Rigs', 'Overview']) {
      await app.click(
        [...document.querySelectorAll<HTMLElement>('nav a')].find((each) =>
          each.textContent?.includes(screen),
        )!,
      )
      expect(app.text('practice-badge'), screen).toBe('Practice')
    }
    for (const event of ['find-block', 'change-tip', 'change-difficulty', 'lose-pool', 'restore-pool']) {
      await app.click(app.get('practice-badge'))
      expect(app.text('practice-farm')).toContain('Practice chain at height 13')
      await app.click(app.get(`practice-${event}`))
      await pass(500)
    }
    expect(core.callsOf('practice.trigger')).toEqual(
      ['find-block', 'change-tip', 'change-difficulty', 'lose-pool', 'restore-pool'].map((event) => ({
        event,
      })),
    )
  })

  it('has no practice badge when nothing is practice', async () => {
    app = await mountApp(new PretendCore())
    expect(app.find('practice-badge')).toBeNull()
  })

  it('shows notices until they are dismissed', async () => {
    const core = new PretendCore({
      info: {
        notices: [
          {
            id: 'bind',
            severity: 'warning',
            title: 'Rigs cannot connect.',
            detail: 'Start with --stratum.',
            at: 0,
          },
        ],
      },
    })
    app = await mountApp(core)
    expect(app.text('notice-bind')).toContain('Rigs cannot connect.')
    await app.click(app.get('notice-bind').querySelector('button')!)
    expect(app.find('notice-bind')).toBeNull()
    expect(core.callsOf('app.dismissNotice')).toEqual([{ id: 'bind' }])
    core.info = {
      ...core.info,
      notices: [
        { id: 'disk', severity: 'error', title: 'The disk is full.', detail: 'Free some space.', at: 0 },
      ],
    }
    await pass(10_000)
    expect(app.text('notice-disk')).toContain('Free some space.')
  })

  it('keeps the chosen theme', async () => {
    app = await mountApp(new PretendCore())
    await app.click(app.get('theme-menu'))
    await app.click(app.get('theme-light'))
    expect(document.documentElement.dataset.theme).toBe('light')
    expect(localStorage.getItem('headframe.theme')).toBe('light')
    await pass(500)
    await app.click(app.get('theme-menu'))
    await app.click(app.get('theme-dark'))
    expect(document.documentElement.dataset.theme).toBe('dark')
  })
})

describe('the page that asks for a token', () => {
  it('takes the token itself or the whole link', async () => {
    const visited: string[] = []
    const page = mount(UnauthorisedPage, { props: { navigate: (path: string) => visited.push(path) } })
    for (const input of ['  s3cret+ ', 'http://127.0.0.1:4950/?token=s3cret%2B#/pools']) {
      await page.find('input').setValue(input)
      await page.find('form').trigger('submit')
    }
    expect(visited).toEqual(['/?token=s3cret%2B', '/?token=s3cret%2B'])
    page.unmount()
  })
})
