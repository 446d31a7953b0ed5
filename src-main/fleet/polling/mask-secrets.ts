/**
 * Takes out of a rig's reply what must not leave this machine with it: pool users, passwords, wallet addresses, names of
 * Wi-Fi networks, tokens. Pure; on text, because a reply that needs looking at is often no JSON. Rather masks too
 * much: MAC addresses, serial numbers and network addresses stay. Governing document: rig API digest, section 7 (raw) and
 * section 8, rule 13.
 */

export const MASK = '***'

/**
 * Names of members whose values are secret, in lower case with only letters and digits left. `pool1user`,
 * `fallbackstratumuser`, `currentuser`, `username2`, `wifipass`, `sessionid` …
 */
const SECRET_NAME =
  /(?:user|username|login|account|worker|workername|wallet|address|identity|pass|passwd|passwrd|password|pswd|pwd|pw|wpass|ssid|token|jwt|secret|cookie|sid|session|sessionid|apikey|xapikey|auth|authorization|sign|salt|newsalt|otp|totp|cert|nonce1|stratumcert|psk|passphrase|secretkey|privatekey|^enc)\d*$/
/** Names that end like secret ones and are not: network addresses tell what is wrong, and users are counted. */
const HARMLESS_NAME =
  /(?:mac|ip|ipv4|ipv6|net|gateway|dns|host|hw|bt|eth|remote)address\d*$|^address\d*$|^usetoken$/

/** A member: its name in quotes, then a text (closed or cut off), a number, a word, or a list of those. */
const JSON_MEMBER =
  /("(?:[^"\\\n]|\\.){1,64}")(\s*:\s*)("(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|-?[0-9][0-9.eE+-]*|true|false|\[[^[\]{}]*(?:\]|$))/g
/** The same where JSON stands in a text of JSON, and as scripts and XML spell members. */
const NESTED_MEMBER = /\\"(\w{1,64})\\"(\s*:\s*)\\"((?:[^"\\]|\\\\[\s\S]?)*)/g
const SCRIPT_MEMBER = /\b([A-Za-z][\w-]{0,40})('?\s*:\s*|\s*=\s*)(['"]?)([^\s'",;{}[\]<>&|][^'",;{}<>&|\n]*)/g
const XML_MEMBER = /<([A-Za-z][\w-]{0,40})>([^<>]+)/g
/** `{"name":"wifiPass","value":"…"}`. */
const NAMED_VALUE =
  /("(?:name|key|id|label)"\s*:\s*"([^"\\\n]{1,64})"\s*,\s*"value"\s*:\s*)("(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|-?[0-9][0-9.eE+-]*)/g
/** `stratum+tcp://user:password@pool`. */
const URL_LOGIN = /(:\/\/)[^\s/@"'<>]{1,255}@/g
/** What a command carries that some firmware repeats in its answer: `setpool user,password,0,…`, `addpool|URL,USER,PASS`. */
const POOL_COMMAND = /\b((?:set|add)pool)([ ,|])[^\s"|,]*,[^\s"|,]*,[^\s"|]*/g
/** `User=name,` of cgminer's text form; form fields and query strings too. */
const TEXT_MEMBER = /([A-Za-z][\w .-]{0,40}?)=((?:\\[\s\S]|[^,|&\s"<>])+)/g
/** `SSID[home]` of Avalon's state. */
const BRACKET_MEMBER = /\b([A-Za-z][\w]{0,30})\[([^\]]*)(?:\]|$)/g
/** `<input name="_ant_pool1user" value="…">`. */
const INPUT_FIELD = /(\bname=["']?([\w.-]+)["']?[^<>]{0,200}?\bvalue=)("[^"]*(?:"|$)|'[^']*(?:'|$))/gi

const WALLET =
  /\b(?:(?:bc|tb|bcrt)1[02-9ac-hj-np-z]{11,87}|(?:BC|TB|BCRT)1[02-9AC-HJ-NP-Z]{11,87}|[13mn2][1-9A-HJ-NP-Za-km-z]{25,39})\b/g
const JSON_WEB_TOKEN = /\beyJ[\w-]{5,}(?:\.[\w-]+){0,2}/g
const EMAIL = /[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+/g

/**
 * @param known secrets known from elsewhere (this rig's pool users, its password); masked wherever they stand. Those
 *   with fewer than 4 characters are not: they would tear the text apart
 */
export function maskSecrets(text: string, known: readonly string[] = []): string {
  const masked = text
    .replace(JSON_MEMBER, (whole, name: string, colon: string, value: string) =>
      isMasked(name, value) ? `${name}${colon}"${MASK}"` : whole,
    )
    .replace(NESTED_MEMBER, (whole, name: string, colon: string, value: string) =>
      isSecretName(name) && value !== '' ? `\\"${name}\\"${colon}\\"${MASK}` : whole,
    )
    .replace(NAMED_VALUE, (whole, start: string, name: string) =>
      isSecretName(name) ? `${start}"${MASK}"` : whole,
    )
    .replace(URL_LOGIN, `$1${MASK}@`)
    .replace(POOL_COMMAND, `$1$2${MASK}`)
    .replace(INPUT_FIELD, (whole, start: string, name: string) =>
      isSecretName(name) ? `${start}"${MASK}"` : whole,
    )
    .replace(TEXT_MEMBER, (whole, name: string) => (isSecretName(name) ? `${name}=${MASK}` : whole))
    .replace(BRACKET_MEMBER, (whole, name: string, value: string) =>
      isSecretName(name) && value.trim() !== '' ? `${name}[${MASK}]` : whole,
    )
    .replace(SCRIPT_MEMBER, (whole, name: string, between: string, quote: string) =>
      isSecretName(name) ? `${name}${between}${quote}${MASK}` : whole,
    )
    .replace(XML_MEMBER, (whole, name: string) => (isSecretName(name) ? `<${name}>${MASK}` : whole))
    .replace(WALLET, MASK)
    .replace(JSON_WEB_TOKEN, MASK)
    .replace(EMAIL, MASK)
  return maskKnown(masked, known)
}

/** Known secrets alone: for sentences of ours that quote a rig. @param known as for `maskSecrets` */
export function maskKnown(text: string, known: readonly string[]): string {
  return known
    .filter((secret) => secret.length >= 4 && secret !== MASK)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .sort((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, MASK), text)
}

export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return SECRET_NAME.test(plain) && !HARMLESS_NAME.test(plain)
}

/** Names of lists stand in the plural: `users`, `passwords`. */
function isMasked(name: string, value: string): boolean {
  if (value.startsWith('[')) return /"[^"]|\d/.test(value) && isSecretName(name.replace(/s"$/, '"'))
  return isSecretName(name) && !isEmptyText(value)
}

const isEmptyText = (value: string): boolean => value === '""'
