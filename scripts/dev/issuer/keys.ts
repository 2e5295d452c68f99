import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK } from 'jose'

/** RS256 for ID tokens, ES256 for what IAP signs. */
export type Algorithm = 'RS256' | 'ES256'

/** One signing key: its id, its private half, and its public half in the two forms that are published. */
export interface SigningKey {
  readonly kid: string
  readonly alg: Algorithm
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

/** Starts with one fresh key. */
export async function issuerKeys(alg: Algorithm): Promise<IssuerKeys> {
  let signing = await freshKey(alg)
  let published = [signing]
  return {
    current: () => signing,
    async rotate() {
      signing = await freshKey(alg)
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
export async function freshKey(alg: Algorithm, kid: string = crypto.randomUUID()): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return { kid, alg, private_key: privateKey, pem: await exportSPKI(publicKey), jwk }
}
