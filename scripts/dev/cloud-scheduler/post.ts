import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import type { Target } from './job.ts'

const MAX_RESPONSE_BYTES = 1024 * 1024

/**
 * Sends one request and reads its answer to the end (at most 1 MiB); resolves to the HTTP status.
 * Not `fetch`, which gives up after five minutes by itself. Redirects are not followed: they count as failures here.
 */
export function post(target: Target, headers: Record<string, string>, signal: AbortSignal): Promise<number> {
  const body = Buffer.from(target.body, 'base64')
  const send = target.uri.startsWith('https:') ? secure : plain
  return new Promise((resolve, reject) => {
    const options = {
      method: target.method,
      headers: { ...headers, 'content-length': body.length },
      signal,
      agent: false,
    }
    const request = send(target.uri, options, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MAX_RESPONSE_BYTES) response.destroy(new Error('The response is larger than 1 MiB.'))
      })
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject)
    })
    request.on('error', reject).end(body)
  })
}
