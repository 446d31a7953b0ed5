/**
 * Braiins OS (BOS+) on a practice rig: REST from 25.07 on, GraphQL with LuCI before, and the RPC that all releases have.
 * GraphQL goes on to tell model and version next to REST. Governing document: rig API digest, section 5.2.
 */
import { BraiinsGraphql } from './braiins-graphql.ts'
import { BraiinsMachine } from './braiins-machine.ts'
import { BraiinsRest } from './braiins-rest.ts'
import { answerBraiinsRpc } from './braiins-rpc.ts'
import { type BootFirmware } from './firmware.ts'

export type BraiinsGeneration = 'graphql' | 'rest'

const PAGE = '<!DOCTYPE html><html><head><title>Braiins OS</title></head><body></body></html>'
const SOFTWARE: Readonly<Record<BraiinsGeneration, string>> = {
  graphql: 'BOSer boser-openwrt 0.1.0-11012d53',
  rest: 'BOSer boser-buildroot 0.1.0-3881c51d',
}

export function braiinsFirmware(generation: BraiinsGeneration): BootFirmware {
  return (body) => {
    const machine = new BraiinsMachine(body)
    const rest = new BraiinsRest(machine)
    const graphql = new BraiinsGraphql(machine)
    return {
      family: 'braiins',
      ports: { http: [80], rpc: [4028] },
      http: (request) => {
        const { path } = request
        if (path === '/graphql') return graphql.answer(request)
        if (generation === 'rest' && path.startsWith('/api/v1/')) {
          return rest.answer(path.slice('/api/v1/'.length), request)
        }
        if (generation === 'graphql' && path.startsWith('/cgi-bin/luci')) return graphql.answerLuci(request)
        if (path === '/') return { headers: { 'content-type': 'text/html' }, body: PAGE }
        return { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>404 Not Found</h1>' }
      },
      rpc: (request) => answerBraiinsRpc(machine, SOFTWARE[generation], request),
    }
  }
}
