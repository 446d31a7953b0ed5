/** Changing what money is counted with: what is entered is checked whole before any of it is kept. */
import { type z } from 'zod'
import { type moneyPatch, type MoneySettings } from '../../src-preload/contract/index.ts'
import { HeadframeError } from '../base/index.ts'
import { checkProxyUrl, hostOfUrl, isTimeZone, type ProxyConfig, requireTariffs } from '../earnings/index.ts'
import { type MoneyBook, SECRETS } from './money-book.ts'

type MoneyPatch = z.infer<typeof moneyPatch>

/**
 * Applies a patch and keeps it.
 * @throws HeadframeError `money/invalid` with the field, `tariff/gap`, `tariff/overlap`, `tariff/malformed`,
 *   `settings/not-writable`; nothing has changed then
 */
export async function changeMoneySettings(book: MoneyBook, patch: MoneyPatch): Promise<MoneySettings> {
  const { node, proxy, ...rest } = patch
  const before = book.content.settings
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const patchedWith = (settings: MoneySettings): MoneySettings => ({
    ...settings,
    ...given,
    ...(node && { node: { ...withoutPassword(node), hasPassword: settings.node.hasPassword } }),
    ...(proxy && { proxy: { ...withoutPassword(proxy), hasPassword: settings.proxy.hasPassword } }),
  })
  const next = patchedWith(before)
  requireSound(next)
  // A password is for the server it was entered for.
  const nodeMoved = hostOfUrl(next.node.url) !== hostOfUrl(before.node.url)
  const proxyMoved = next.proxy.host !== before.proxy.host || next.proxy.port !== before.proxy.port
  const [nodeHas, proxyHas] = [
    await book.keepSecret(SECRETS.node, entered(node, nodeMoved), before.node.hasPassword),
    await book.keepSecret(SECRETS.proxy, entered(proxy, proxyMoved), before.proxy.hasPassword),
  ]
  // Another change may have been kept meanwhile.
  const { settings } = await book.change((content) => {
    const patched = patchedWith(content.settings)
    const node = { ...patched.node, hasPassword: nodeHas }
    return { ...content, settings: { ...patched, node, proxy: { ...patched.proxy, hasPassword: proxyHas } } }
  })
  return settings
}

/** The person's proxy, with its secret; null for none. */
export async function outgoingProxy(book: MoneyBook): Promise<ProxyConfig | null> {
  const { kind, host, port, user, hasPassword } = book.content.settings.proxy
  if (kind === 'none') return null
  const password = hasPassword ? ((await book.secret(SECRETS.proxy)) ?? null) : null
  return { url: proxyUrl(kind, host, port), username: user === '' ? null : user, password }
}

function requireSound(settings: MoneySettings): void {
  const { timeZone, currency, tariffs, node, proxy, factsSource, payoutSource, payoutUrl } = settings
  if (!isTimeZone(timeZone)) {
    throw invalid('timeZone', `"${timeZone}" is no time zone. Write one such as Europe/Vienna or UTC.`)
  }
  if (!Intl.supportedValuesOf('currency').includes(currency)) {
    throw invalid('currency', `"${currency}" is no currency. Write its three letters, such as EUR.`)
  }
  requireTariffs(tariffs)
  if (node.url !== '' && hostOfUrl(node.url) === null) {
    throw invalid('node.url', `"${node.url}" is no address of a node. Write http://host:port.`)
  }
  if (node.url === '' && (factsSource === 'node' || payoutSource === 'node')) {
    throw invalid('node.url', 'Enter the address of your node before you choose it as a source.')
  }
  if (payoutSource === 'electrum' && payoutUrl === '') {
    throw invalid('payoutUrl', 'Enter the address of your Electrum server as host:port.')
  }
  if (proxy.kind !== 'none') {
    const checked = checkProxyUrl(proxyUrl(proxy.kind, proxy.host, proxy.port))
    if (proxy.host === '' || proxy.port === 0 || !checked.ok) {
      throw invalid('proxy.host', 'Enter host and port of the proxy, or choose none.')
    }
  }
}

function proxyUrl(kind: 'http' | 'socks5', host: string, port: number): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return `${kind === 'http' ? 'http' : 'socks5h'}://${name}:${port}`
}

function invalid(field: string, message: string): HeadframeError {
  return new HeadframeError('money/invalid', message, { context: { field } })
}

/** @param moved the address changed: what is stored is for another server */
function entered(part: { password?: string | undefined } | undefined, moved: boolean): string | undefined {
  if (part?.password !== undefined) return part.password
  return part && moved ? '' : undefined
}

function withoutPassword<T extends { password?: string | undefined }>(part: T): Omit<T, 'password'> {
  const { password: _entered, ...shown } = part
  return shown
}
