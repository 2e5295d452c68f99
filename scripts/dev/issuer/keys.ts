import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK } from 'jose'

/** One signing key: its id, its private half, and its public half in the two forms that are published. */
export interface SigningKey {
  readonly kid: string
  readonly private_key: CryptoKey
  readonly pem: string
  readonly jwk: JWK
}

/** The issuer's keys; the last one signs. */
export interface IssuerKeys {
  current(): SigningKey
  rotate(): Promise<void>
  forget(): void
  pems(): Record<string, string>
  jwks(): { keys: JWK[] }
}

/** Starts with one fresh RS256 key. */
export async function issuerKeys(): Promise<IssuerKeys> {
  let signing = await freshKey()
  let published = [signing]
  return {
    current: () => signing,
    async rotate() {
      signing = await freshKey()
      published.push(signing)
    },
    forget() {
      published = [signing]
    },
    pems: () => Object.fromEntries(published.map((key) => [key.kid, key.pem])),
    jwks: () => ({ keys: published.map((key) => key.jwk) }),
  }
}

/** A new key that no one has published: what it signs must be refused. */
export async function freshKey(kid: string = crypto.randomUUID()): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }
  return { kid, private_key: privateKey, pem: await exportSPKI(publicKey), jwk }
}
