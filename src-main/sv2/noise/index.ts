export {
  type AuthorityKeyErrorCode,
  type AuthorityKeyPair,
  authorityPublicKey,
  formatAuthorityKey,
  formatAuthoritySecretKey,
  generateAuthorityKeyPair,
  parseAuthorityKey,
  parseAuthoritySecretKey,
} from './authority-key.ts'
