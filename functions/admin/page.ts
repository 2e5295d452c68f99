import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** One file of the page, ready to be served. */
export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>
  readonly type: string
  /** Changes with the content, so that a browser asks but does not load again. */
  readonly etag: string
}

/**
 * What the page may do: run and load what stands here, talk to this host, and nothing else. No text becomes markup or
 * code (trusted types without a policy), nobody frames it, no form goes anywhere.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const FOLDER = join(import.meta.dirname, 'page')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The files of the page by name, read once: a request is answered from this list and reaches no disk. */
export function readPage(): ReadonlyMap<string, Asset> {
  const assets = readdirSync(FOLDER).flatMap((name): [string, Asset][] => {
    const type = TYPES[extname(name)]
    return type === undefined ? [] : [[name, assetOf(readFileSync(join(FOLDER, name)), type)]]
  })
  return new Map(assets)
}

function assetOf(body: Uint8Array<ArrayBuffer>, type: string): Asset {
  return { body, type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}
