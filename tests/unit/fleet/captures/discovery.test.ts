/** What recorded rigs said when they were asked who they are, judged by the decision table. */
import { describe, expect, it } from 'vitest'
import { judge } from '../../../../src-main/fleet/discovery/decision-table.ts'
import { type ProbeAnswers } from '../../../../src-main/fleet/discovery/probes.ts'
import { type FamilyId } from '../../../../src-main/fleet/model/reading.ts'
import { capture } from '../../../support/captures.ts'

type Files = Readonly<Partial<Record<keyof ProbeAnswers, string>>>

const RECORDED: readonly { readonly set: string; readonly files: Files; readonly family: FamilyId }[] = [
  { set: 'antminer/s19-stock', files: { version: 'rpc/version.json' }, family: 'antminer' },
  {
    set: 'antminer/s19jpro-hiveon',
    files: { version: 'version.json', devdetails: 'devdetails.json' },
    family: 'hiveon',
  },
  { set: 'auradine/at1500-fluxos-2023', files: { version: 'version.json' }, family: 'auradine' },
  { set: 'avalon/home-q-25052801', files: { version: 'version.json' }, family: 'avalon' },
  { set: 'avalon/home-q-25052801', files: { devdetails: 'devdetails.json' }, family: 'avalon' },
  { set: 'avalon/nano3s-25021401', files: { version: 'version.json' }, family: 'avalon' },
  { set: 'bitaxe/supra-401-v2.4.5', files: { systemInfo: 'system_info.json' }, family: 'axeos' },
  { set: 'bitaxe/gamma-601-v2.12.2', files: { systemInfo: 'system_info.json' }, family: 'axeos' },
  { set: 'bitaxe/synthetic-v2.15', files: { systemInfo: 'system_info.json' }, family: 'axeos' },
  { set: 'braiins-os/22.08-graphql-s9', files: { version: 'version.json' }, family: 'braiins' },
  { set: 'braiins-os/25.03-graphql-s21plus', files: { version: 'version.json' }, family: 'braiins' },
  { set: 'epic/s19xp-powerplay', files: { capabilities: 'capabilities.json' }, family: 'epic' },
  { set: 'luxos/s19kpro-2025.4.8', files: { version: 'version.json' }, family: 'luxos' },
  { set: 'nerdqaxe/nerdqaxe++-v1.1.0-beta1', files: { systemInfo: 'system_info.json' }, family: 'nerdq' },
  { set: 'sealminer/a2-2025091001', files: { version: 'version.json' }, family: 'sealminer' },
  {
    set: 'vnish/s21pro-1.2.7',
    files: { version: 'rpc/version.json', devdetails: 'rpc/devdetails.json', root: 'web/root.html' },
    family: 'vnish',
  },
  { set: 'whatsminer/v3-m60s-vk40', files: { deviceInfo: 'get_device_info.json' }, family: 'whatsminer' },
]

function answersOf(set: string, files: Files): ProbeAnswers | null {
  const answers: Record<string, unknown> = {}
  for (const [probe, file] of Object.entries(files)) {
    const bytes = capture(`${set}/${file}`)
    if (bytes === null) return null
    const text = Buffer.from(bytes).toString('utf8')
    const isHttp = probe === 'root' || probe === 'systemInfo' || probe === 'capabilities'
    answers[probe] = isHttp ? { status: 200, headers: {}, body: text } : text
  }
  return answers
}

describe('recorded rigs', () => {
  it.each(RECORDED)('$set by $files is $family', ({ set, files, family }) => {
    const answers = answersOf(set, files)
    if (answers === null) return
    expect(judge(answers)).toMatchObject({ kind: 'family', family })
  })
})
