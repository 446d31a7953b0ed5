import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DECISION_TABLE,
  describeOther,
  judge,
  judgeMachine,
} from '../../../../src-main/fleet/discovery/decision-table.ts'
import { type HttpAnswer, type ProbeAnswers } from '../../../../src-main/fleet/discovery/probes.ts'

const rpc = (member: string, value: string, more = ''): string =>
  `{"STATUS":[{"STATUS":"S","When":1700000000,"Code":22,"Msg":"versions","Description":"cgminer 4.11.1"}],"VERSION":[{"${member}":"${value}","API":"3.7"${more}}],"id":1}`
const antminer = (type: string, more = ''): string => rpc('BMMiner', '1.0.0', `,"Type":"${type}"${more}`)
const page = (body: string, status = 200, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers,
  body,
})
const json = (value: unknown): HttpAnswer => page(JSON.stringify(value))
const challenge = (realm: string, more: Record<string, string> = {}): HttpAnswer =>
  page('', 401, { 'www-authenticate': `Digest realm="${realm}", nonce="ab", qop="auth"`, ...more })
const moved = (status: number, location: string): HttpAnswer => page('', status, { location })

/** What decides, by row of the digest. */
const SEEN: Record<string, { readonly answers: ProbeAnswers; readonly says: string }[]> = {
  '1': [
    { answers: { version: rpc('BOSer', 'boser-openwrt 0.1.0-11012d53') }, says: 'braiins' },
    { answers: { version: rpc('BOSminer+', '0.2.0') }, says: 'braiins' },
  ],
  '2': [{ answers: { version: rpc('LUXminer', '2025.4.8', ',"Type":"Antminer S19k Pro"') }, says: 'luxos' }],
  '3': [{ answers: { version: rpc('kaonsu', '1.2', ',"Model":"S21"') }, says: 'marathon' }],
  '4': [{ answers: { version: antminer('Antminer S19 (vnish 1.2.0)') }, says: 'vnish' }],
  '5': [
    {
      answers: { version: rpc('BMMiner', '4.11.1 rwglr', ',"Type":"Antminer S19JPRO Hiveon"') },
      says: 'hiveon',
    },
  ],
  '6': [{ answers: { version: rpc('BMMiner', '4.11.1 rwglr', ',"Type":"Antminer S19"') }, says: 'mskminer' }],
  '7': [
    {
      answers: { version: '{"STATUS":"S","When":1,"Code":131,"Msg":"","Description":"whatsminer v1.1"}' },
      says: 'whatsminer',
    },
    {
      answers: {
        devdetails:
          '{"STATUS":[{"STATUS":"S","Description":"btminer"}],"DEVDETAILS":[{"Model":"M50S_VH50"}]}',
      },
      says: 'whatsminer',
    },
  ],
  '7a': [
    {
      answers: {
        deviceInfo: '{"code":0,"when":1,"msg":{"miner":{"type":"M60S_VK40"}},"desc":"get.device.info"}',
      },
      says: 'whatsminer',
    },
  ],
  '8': [{ answers: { version: rpc('GCMiner', '0.5') }, says: 'auradine' }],
  '9': [{ answers: { version: rpc('BDMiner', '4.11.1') }, says: 'sealminer' }],
  '10': [
    {
      answers: { version: rpc('CGMiner', '4.11.1', ',"PROD":"Avalon Nano3s","MODEL":"Nano3s"') },
      says: 'avalon',
    },
  ],
  '10a': [
    {
      answers: {
        version: null,
        devdetails: '{"DEVDETAILS":[{"DEVDETAILS":0,"Name":"AVALON","Driver":"avalon"}]}',
      },
      says: 'avalon',
    },
  ],
  '11': [
    { answers: { version: antminer('Antminer S19') }, says: 'antminer' },
    {
      answers: { version: 'STATUS=S,Code=22|VERSION,BMMiner=1.0.0,API=3.1,Type=Antminer S9|' },
      says: 'antminer',
    },
    { answers: { version: `${antminer('Antminer S19').slice(0, -9)}` }, says: 'antminer' },
  ],
  '11a': [
    { answers: { version: antminer('Antminer L7') }, says: 'Antminer' },
    { answers: { version: antminer('Antminer KS5 Pro') }, says: 'Antminer' },
    { answers: { version: antminer('Antminer Z15') }, says: 'Antminer' },
  ],
  '12': [{ answers: { root: page('<head>\n<meta name="firmware" content="AnthillOS">') }, says: 'vnish' }],
  '13': [{ answers: { root: page('<title>Braiins OS</title>') }, says: 'braiins' }],
  '14': [{ answers: { root: page('<title>LUXOR firmware</title>') }, says: 'luxos' }],
  '15': [{ answers: { root: page('<title>Miner Web Dashboard</title>') }, says: 'epic' }],
  '15a': [
    {
      answers: { capabilities: json({ Model: 'S19 XP', 'Model Subtype': 'None', 'Max HBs': 3 }) },
      says: 'epic',
    },
  ],
  '15b': [{ answers: { version: 'HTTP/1.1 400 Bad Request\r\n\r\n' }, says: 'ask capabilities' }],
  '16': [{ answers: { root: challenge('antMiner Configuration') }, says: 'ask kaonsuBrief' }],
  '16a': [
    {
      answers: {
        root: challenge('antMiner Configuration'),
        kaonsuBrief: json({ hashrate_realtime: 200_000 }),
      },
      says: 'marathon',
    },
  ],
  '16b': [{ answers: { root: challenge('antMiner Configuration', { algorithm: 'MD5' }) }, says: 'marathon' }],
  '16c': [
    { answers: { root: challenge('antMiner Configuration'), kaonsuBrief: page('', 401) }, says: 'antminer' },
  ],
  '17': [{ answers: { root: challenge('blackMiner Configuration') }, says: 'Hammer or VolcMiner' }],
  '18': [{ answers: { root: challenge('Daoge Miner') }, says: 'Elphapex' }],
  '19': [{ answers: { root: moved(307, '/cgi-bin/luci') }, says: 'whatsminer' }],
  '19a': [{ answers: { root: moved(307, 'https://192.168.1.9/') }, says: 'ask securePage' }],
  '19b': [
    {
      answers: { root: moved(307, 'https://192.168.1.9/'), securePage: page('<a href="/cgi-bin/luci">') },
      says: 'whatsminer',
    },
  ],
  '20': [{ answers: { root: moved(308, '/overview') }, says: 'futurebit' }],
  '21': [
    { answers: { root: page('<a href="/luci/avalon/">') }, says: 'avalon' },
    { answers: { root: page('<title>Avalon Device</title><form action="login.cgi">') }, says: 'avalon' },
  ],
  '22': [
    { answers: { root: page('<title>AxeOS</title>') }, says: 'ask systemInfo' },
    { answers: { root: page('<title>Lucky miner</title>') }, says: 'ask systemInfo' },
  ],
  '22a': [{ answers: { root: page('<title>AxeOS</title>'), systemInfo: page('', 401) }, says: 'axeos' }],
  '23': [{ answers: { root: page('<title>NerdQAxe++</title>') }, says: 'ask systemInfo' }],
  '24': [{ answers: { root: page('<title>Proto OS</title>') }, says: 'proto' }],
  '25': [{ answers: { root: page('<link href="/amazeui.min.css">') }, says: 'sealminer' }],
  '26a': [
    { answers: { root: page('<script src="/cloud-box.js">') }, says: 'Goldshell' },
    { answers: { version: rpc('KDAminer', '1.0') }, says: 'Goldshell' },
    { answers: { version: rpc('CGMiner', 'intchains_qomo') }, says: 'Goldshell' },
  ],
  '26b': [{ answers: { root: page('<TITLE>用户界面</TITLE>') }, says: 'IceRiver' }],
  '26c': [{ answers: { root: page('<title>DragonMint</title>') }, says: 'innosilicon' }],
  '26d': [{ answers: { root: page('<title>Miner UI</title>') }, says: 'auradine' }],
  '27': [
    { answers: { systemInfo: json({ ASICModel: 'BM1370', boardVersion: '601' }) }, says: 'axeos' },
    { answers: { systemInfo: json({ ASICModel: 'BM1366', minerModel: 'LV07' }) }, says: 'axeos' },
  ],
  '27a': [
    { answers: { systemInfo: json({ ASICModel: 'BM1370', deviceModel: 'NerdQAxe++' }) }, says: 'nerdq' },
    {
      answers: { systemInfo: json({ ASICModel: 'BM1370', deviceModel: 'Q1370', hostip: '10.0.0.2' }) },
      says: 'nerdq',
    },
    {
      answers: { systemInfo: json({ ASICModel: 'BM1370' }), root: page('<title>NerdAxe</title>') },
      says: 'nerdq',
    },
  ],
  '28': [{ answers: { version: rpc('InnoMiner', '1.0') }, says: 'innosilicon' }],
}

function said(answers: ProbeAnswers): string {
  const verdict = judge(answers)
  switch (verdict.kind) {
    case 'family':
      return verdict.family
    case 'declined':
      return verdict.make
    case 'ask':
      return `ask ${verdict.probe}`
    case 'unknown':
      return 'unknown'
  }
}

describe('decision table', () => {
  it.each(Object.entries(SEEN).flatMap(([row, cases]) => cases.map((example) => ({ row, ...example }))))(
    'row $row: $says',
    ({ row, answers, says }) => {
      expect(said(answers)).toBe(says)
      expect(judge(answers)).toMatchObject({ row })
    },
  )

  it('has an example for every row', () => {
    expect(DECISION_TABLE.map(({ row }) => row).sort()).toEqual(Object.keys(SEEN).sort())
  })

  it('sees custom firmware behind what it kept of the stock', () => {
    const stock = { root: challenge('antMiner Configuration'), kaonsuBrief: page('', 401) }
    for (const row of ['1', '2', '3', '4', '5', '6']) {
      for (const { answers, says } of SEEN[row]!) expect(said({ ...stock, ...answers })).toBe(says)
    }
    // VNish 1.2.7 refuses `version`, and its page says who it is.
    const refused =
      '{"STATUS":[{"STATUS":"E","When":1,"Code":0,"Msg":"Invalid command","Description":"cgminer 4.11.1"}]}'
    expect(said({ version: refused, root: SEEN['12']![0]!.answers.root! })).toBe('vnish')
    expect(said({ version: antminer('Antminer S21'), root: SEEN['12']![0]!.answers.root! })).toBe('vnish')
  })

  it('marks custom firmware as what nothing overrides, and stock as what may be overridden', () => {
    expect(judge({ version: antminer('Antminer S19') })).toMatchObject({ level: 'stock' })
    expect(judge({ version: rpc('LUXminer', '1') })).toMatchObject({ level: 'custom' })
  })

  it('takes a Philips Hue bridge for no Bitaxe, though it answers where one would', () => {
    const hue: ProbeAnswers = {
      version: null,
      root: page('<title>hue personal wireless lighting</title>'),
      systemInfo: json([
        { error: { type: 4, address: '/system/info', description: 'method, GET, not available' } },
      ]),
    }
    expect(said(hue)).toBe('unknown')
    expect(describeOther(hue)).toContain('hue personal wireless lighting')
    expect(said({ ...hue, systemInfo: json({ name: 'Hue', ASICModel: '' }) })).toBe('unknown')
    expect(describeOther({ ...hue, systemInfo: json({ name: 'Hue' }) })).toContain('lamp bridge')
  })

  it('takes a router or file server that redirects to TLS for no Whatsminer', () => {
    const router: ProbeAnswers = {
      root: moved(307, 'https://192.168.1.1/'),
      securePage: page('<title>Router</title>'),
    }
    expect(said(router)).toBe('unknown')
    expect(said({ root: moved(302, 'https://192.168.1.1/cgi-bin/luci') })).toBe('unknown')
  })

  it('does not ask a second time for what did not answer, and says what to do then', () => {
    const half: ProbeAnswers = { root: page('<title>AxeOS</title>'), systemInfo: null }
    expect(said(half)).toBe('unknown')
    expect(describeOther(half)).toContain('Restart that rig')
  })

  it('does not take other Antminer answers for a known machine', () => {
    expect(
      said({
        devdetails: '{"STATUS":[{"STATUS":"E","Code":45,"Msg":"Access denied to \'devdetails\' command"}]}',
      }),
    ).toBe('unknown')
    expect(said({ root: page('', 401, { 'www-authenticate': 'Basic realm="antMiner"' }) })).toBe('unknown')
  })

  it.each([
    [{ version: 'Socket connect failed: Connection refused' }, 'miner process is down'],
    [
      {
        version: '{"STATUS":[{"STATUS":"E","Code":14,"Msg":"Invalid command","Description":"sgminer 5.1"}]}',
      },
      '(sgminer 5.1)',
    ],
    [{ version: 'STATUS=E,Code=14,Msg=Invalid command,Description=ccminer 2.3|' }, '(ccminer 2.3)'],
    [{ root: page('', 404) }, 'HTTP 404'],
    [{ root: page('<TITLE>\n My   Printer </TITLE>') }, '“My Printer”'],
    [{ version: null, root: null }, 'says nothing'],
  ] satisfies [ProbeAnswers, string][])('says for a person what else is there: %j', (answers, words) => {
    expect(describeOther(answers)).toContain(words)
  })

  it('says politely why a miner for other coins is declined', () => {
    expect(judge(SEEN['17']![0]!.answers)).toMatchObject({
      because:
        'This is a Hammer or VolcMiner miner. It mines Scrypt coins, and Headframe is for Bitcoin (SHA-256), so there is nothing to do for it here.',
    })
  })

  it.each([
    ['Antminer', 'L7', null, 'declined'],
    ['Antminer', 'S19 Pro', null, 'taken'],
    ['Antminer', 'T21', 'sha256d', 'taken'],
    ['Antminer', 'S21', 'scrypt', 'declined'],
    ['SealMiner', 'DL1', null, 'declined'],
    ['SealMiner', 'A2', null, 'taken'],
    ['Avalon', 'A1246', null, 'taken'],
    [null, null, null, 'taken'],
  ])('looks behind the firmware at the machine: %s %s, %s, is %s', (make, model, algorithm, outcome) => {
    expect(judgeMachine({ make, model, algorithm }) === null ? 'taken' : 'declined').toBe(outcome)
  })

  it('judges whatever is said without an error', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '<title>',
        '{"ASICModel":',
        '"VERSION":[{"Type":"Antminer',
        'realm="antMiner',
        '{"msg":{"miner":',
      ),
    )
    const said = fc.array(text, { maxLength: 5 }).map((pieces) => pieces.join(''))
    const answer = fc.record({
      status: fc.constantFrom(0, 200, 307, 401),
      headers: fc.record({ location: said, 'www-authenticate': said }, { requiredKeys: [] }),
      body: said,
    })
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
    const answers = fc.record(
      {
        version: maybe(said),
        devdetails: maybe(said),
        root: maybe(answer),
        systemInfo: maybe(answer),
        deviceInfo: maybe(said),
        kaonsuBrief: maybe(answer),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(answers, (each) => {
        expect(['family', 'declined', 'ask', 'unknown']).toContain(judge(each as ProbeAnswers).kind)
        expect(describeOther(each as ProbeAnswers)).toMatch(/\.$/)
      }),
    )
  })

  it('has no opinion on nothing, and none on noise', () => {
    expect(said({})).toBe('unknown')
    expect(
      said({ version: '\u0000\uFFFD{{{', systemInfo: page('{"ASICModel"'), root: page('<title>') }),
    ).toBe('unknown')
  })
})
