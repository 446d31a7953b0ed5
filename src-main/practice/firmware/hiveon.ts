/**
 * Hiveon's firmware on a practice rig: Bitmain's RPC tables with the watts it computes, Bitmain's old forms behind the same
 * login. It carries the mark of MSKminer in its version too. Governing document: rig API digest, sections 1.2 and 5.1;
 * capture `antminer/s19jpro-hiveon`.
 */
import { formPages } from './bitmain-form-pages.ts'
import { answerBitmainRpc, type BitmainProgram } from './bitmain-tables.ts'
import { digestLogin } from './digest-login.ts'
import { type BootFirmware, type Firmware } from './firmware.ts'

export const hiveonFirmware: BootFirmware = (body) => {
  const { model, firmwareVersion, boardCount, fanCount } = body.blueprint
  const program: BitmainProgram = {
    body,
    description: 'bmminer 1.0.0',
    version: {
      BMMiner: '4.11.1 rwglr',
      Miner: '49.0.1.3',
      CompileTime: firmwareVersion,
      Type: `Antminer ${model.toUpperCase().replaceAll(' ', '')} Hiveon`,
    },
    places: {
      chains: boardCount + 1,
      firstChain: 1,
      fans: fanCount,
      usedFans: Array.from({ length: fanCount }, (_, index) => index + 1),
    },
    hasNewApi: false,
    extra: { second: () => ({ chain_power: `${String(Math.round(body.powerW))} W` }) },
  }
  const turnAway = digestLogin({ body, realm: 'antMiner Configuration' })
  const pages = formPages(program, { blinkCodes: true })
  return {
    family: 'hiveon',
    ports: { http: [80], rpc: [4028] },
    rpc: (request) => answerBitmainRpc(program, request),
    http: (request) =>
      turnAway(request) ?? pages(request) ?? { status: 404, body: '<h1>404 - Not Found</h1>' },
  } satisfies Firmware
}
