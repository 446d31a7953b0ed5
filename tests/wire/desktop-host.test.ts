/** The desktop host with the real core behind it: threads, database, listener. Only Electron is a stand-in. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { type ContractRouterClient } from '@orpc/contract'
import { expect, it, vi } from 'vitest'
import { startCore } from '../../src-main/app/index.ts'
import { runDesktop } from '../../src-main/electron/index.ts'
import { CONNECT_CHANNEL } from '../../src-preload/channels.ts'
import { type Contract } from '../../src-preload/contract/index.ts'
import { app, BrowserWindow, ipcMain, resetElectron, Tray } from '../support/electron-stand-in.ts'
import { temporaryDir } from '../support/temporary-dir.ts'

vi.mock('electron', () => import('../support/electron-stand-in.ts'))

const FREE_PORTS = ['--stratum', '127.0.0.1:0', '--stratum-v2', '127.0.0.1:0']

type PagePort = ConstructorParameters<typeof RPCLink>[0]['port']

it('opens, shows the core over a port, keeps a pool with its password, and ends without leftovers', async () => {
  resetElectron()
  const root = temporaryDir()
  mkdirSync(join(root, 'out/renderer'), { recursive: true })
  writeFileSync(join(root, 'out/renderer/index.html'), '<!doctype html>')
  app.root = root
  const dataDir = join(temporaryDir(), 'data')
  const running = runDesktop({
    argv: ['headframe', '--data-dir', dataDir, ...FREE_PORTS],
    platform: 'linux',
    env: {},
    onCrash: () => undefined,
    startCore,
  })
  app.becomeReady()
  await running
  expect(app.exitCodes).toEqual([])

  const frame = BrowserWindow.all[0]!.webContents.mainFrame
  ipcMain.emit(CONNECT_CHANNEL, { senderFrame: frame })
  const port = frame.posted[0]!.ports[0]!
  const client = createORPCClient<ContractRouterClient<Contract>>(
    new RPCLink({ port: port as unknown as PagePort }),
  )
  port.start()
  const info = await client.app.info()
  expect(info).toMatchObject({ host: 'desktop', dataDir, capabilities: { tray: true, practice: false } })
  const stratumPort = Number(info.stratum?.address.split(':').at(-1))
  await new Promise<void>((resolve, reject) => {
    const rig = connect(stratumPort, '127.0.0.1', () => {
      rig.destroy()
      resolve()
    })
    rig.on('error', reject)
  })
  const pool = await client.pools.create({
    name: 'North',
    url: 'stratum+tcp://127.0.0.1:1',
    userIdentity: 'farm',
    password: 'correct horse',
  })
  expect(pool.hasPassword).toBe(true)
  expect(readFileSync(join(dataDir, 'secrets-keychain.json'), 'utf8')).not.toContain('horse')
  expect(readFileSync(join(dataDir, 'settings.json'), 'utf8')).not.toContain('horse')
  await vi.waitFor(() => expect(JSON.stringify(Tray.all[0]?.menu?.items)).toContain('North'))

  expect(app.quit()).toBe(true)
  await vi.waitFor(() => expect(app.exitCodes).toEqual([0]), { timeout: 5000 })
  expect(existsSync(join(dataDir, 'headframe.lock'))).toBe(false)
  port.close()
})
