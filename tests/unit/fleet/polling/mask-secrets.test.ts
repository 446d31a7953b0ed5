import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSecretName, MASK, maskSecrets } from '../../../../src-main/fleet/polling/mask-secrets.ts'
import { KEPT_REPLY_BYTES, RawReplies } from '../../../../src-main/fleet/polling/raw-replies.ts'

const SECRET_KEYS = [
  'user',
  'User',
  'stratumUser',
  'fallbackStratumUser',
  'stratumPassword',
  'wifiPass',
  'ssid',
  'Current User',
  'login',
  'password',
  'worker1',
  'passwd1',
  'UserName2',
  'token',
  'SessionID',
  '_ant_pool1user',
  '_ant_pool1pw',
  'account',
  'wallet',
]

/** Texts that cannot be part of the frame around them. */
const secret = fc
  .string({ minLength: 4, maxLength: 40, unit: 'grapheme' })
  .filter((text) => !'"***"{}:,'.includes(text))

describe('masking', () => {
  it.each(SECRET_KEYS)('takes %s for the name of a secret', (name) => {
    expect(isSecretName(name)).toBe(true)
  })

  it.each([
    'macAddr',
    'ip',
    'ipaddress',
    'MAC',
    'hostname',
    'stratumURL',
    'accepted',
    'version',
    'address',
    'serial',
  ])('takes %s for no secret', (name) => {
    expect(isSecretName(name)).toBe(false)
  })

  it.each([
    ['JSON within a text of JSON', String.raw`{"log":"{\"password\":\"hunter22\",\"user\":\"acct.attic\"}"}`],
    ['a name beside its value', '{"name":"wifiPass","value":"hunter22"}'],
    ['a login in a URL', '{"url":"stratum+tcp://acct.attic:hunter22@pool.example:3333"}'],
    [
      'a command that the rig repeats',
      '{"Msg":"ASC 0 set info: setpool root,hunter22,0,stratum+tcp://p:1,acct.attic,x"}',
    ],
    ['a command of the text form', 'addpool|stratum+tcp://p:3333,acct.attic,hunter22|'],
    ['a list', '{"users":["acct.attic"],"passwords":["hunter22","x"]}'],
    ['a script', "var password = 'hunter22'; {user: 'acct.attic'}"],
    ['XML', '<login><username>acct.attic</username><password>hunter22</password></login>'],
    ['a header', 'Authorization: Bearer hunter22'],
    ['the key of a Wi-Fi network', '{"psk":"hunter22","wpa_psk":"hunter22"}'],
    ['an answer in cipher, which a weak password opens', '{"enc":"hunter22abcdef=="}'],
  ])('hides secrets in %s', (_where, reply) => {
    expect(maskSecrets(reply)).not.toMatch(/hunter22|acct\.attic/)
  })

  it('leaves counts of users alone, and members that only sound like secrets', () => {
    const reply = '{"users":3,"frequency":500,"macAddress":"02:00:00:00:00:01","pools":[1,2]}'
    expect(maskSecrets(reply)).toBe(reply)
  })

  it('hides the value of every secret member, whatever it holds, and leaves the JSON whole', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SECRET_KEYS), secret, fc.integer(), (key, value, number) => {
        const masked = maskSecrets(JSON.stringify({ before: 1, [key]: value, after: { temp: number } }))
        const parsed = JSON.parse(masked) as Record<string, unknown>
        expect(parsed[key]).toBe(MASK)
        expect(parsed['after']).toEqual({ temp: number })
      }),
    )
  })

  it('hides a value that was cut off in the middle', () => {
    fc.assert(
      fc.property(secret, fc.nat(), (value, cut) => {
        const start = '{"hashRate":1,"stratumUser":"'
        const body = JSON.stringify(value).slice(1)
        const text = start + body.slice(0, 1 + (cut % body.length))
        const masked = maskSecrets(text)
        expect(masked).toBe(`{"hashRate":1,"stratumUser":"${MASK}"`)
      }),
    )
  })

  it('hides what is known to be a secret wherever it stands, as it is and as JSON spells it', () => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const text = `${before}${value}${after}\n${JSON.stringify({ note: `${before}${value}` })}`
        const masked = maskSecrets(text, [value])
        expect(masked.includes(value)).toBe(false)
      }),
    )
  })

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...SECRET_KEYS), secret, (value, key, hidden) => {
        const once = maskSecrets(JSON.stringify({ value, [key]: hidden }))
        expect(maskSecrets(once)).toBe(once)
      }),
    )
  })

  it('knows the ways of every firmware', () => {
    const said = [
      '{"User":"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq.attic","Pass":123}',
      'POOL=0,URL=stratum+tcp://pool.example.com:3333,User=farm.attic,Pass=hunter22|',
      'NetDevType[1] SSID[Our House] RSSI[-60] PS[0 1 2]',
      '<input type="text" name="_ant_pool1user" value="farm.attic">',
      'paid to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT and tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx',
      '{"jwt":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def"} mail to someone@example.com',
    ].map((line) => maskSecrets(line))
    expect(said).toEqual([
      '{"User":"***","Pass":"***"}',
      'POOL=0,URL=stratum+tcp://pool.example.com:3333,User=***,Pass=***|',
      'NetDevType[1] SSID[***] RSSI[-60] PS[0 1 2]',
      '<input type="text" name="_ant_pool1user" value="***">',
      'paid to *** and ***',
      '{"jwt":"***"} mail to ***',
    ])
  })

  it('leaves measurements, MAC addresses and network addresses', () => {
    const text =
      '{"macAddr":"02:00:00:00:00:01","ipv4":"192.0.2.7","hashRate":1203.5,"temp":61,"serial":"SN1"}'
    expect(maskSecrets(text)).toBe(text)
  })
})

describe('raw replies', () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

  it('keeps the last reply to each request, masked, with its whole size', () => {
    const replies = new RawReplies()
    replies.note('GET /api/system/info', encode('{"old":1}'), 1)
    replies.note('GET /api/system/info', encode('{"stratumUser":"farm.attic","note":"farm.attic"}'), 2)
    expect(replies.view('a', ['farm.attic'])).toEqual({
      rigId: 'a',
      replies: [
        {
          request: 'GET /api/system/info',
          at: 2,
          text: '{"stratumUser":"***","note":"***"}',
          bytes: 48,
          repaired: [],
        },
      ],
    })
  })

  it('cuts at 64 KiB, and still masks what was cut through', () => {
    const replies = new RawReplies()
    const padding = 'x'.repeat(KEPT_REPLY_BYTES - 30)
    replies.note('rpc pools', encode(`{"a":"${padding}","User":"farm.attic-that-is-cut"}`), 1)
    const [reply] = replies.view('a', []).replies
    expect(reply?.text.length).toBeLessThanOrEqual(KEPT_REPLY_BYTES)
    expect(reply?.bytes).toBeGreaterThan(KEPT_REPLY_BYTES)
    expect(reply?.text).not.toContain('farm')
  })

  it('says what had to be repaired', () => {
    const replies = new RawReplies()
    replies.note('rpc stats', encode('{"STATS":[{"a":1}{"b":2}]}'), 1)
    expect(replies.view('a', []).replies[0]?.repaired).not.toEqual([])
  })

  it('keeps two dozen requests and no more', () => {
    const replies = new RawReplies()
    for (let n = 0; n < 100; n++) replies.note(`rpc ${String(n)}`, encode('{}'), n)
    const kept = replies.view('a', []).replies
    expect(kept).toHaveLength(24)
    expect(kept.at(-1)?.request).toBe('rpc 99')
  })
})
