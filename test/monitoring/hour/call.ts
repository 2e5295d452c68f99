import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Listener } from '../../../functions/http/framework.ts'

/** What is asked of the function. */
export interface Asked {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token: string
  readonly body?: unknown
}

/** Hands a request to the function as Node's server would, without a connection: its bytes take no real time. Answers the status. */
export async function call(listener: Listener, { method, path, token, body }: Asked): Promise<number> {
  const request = new IncomingMessage(new Socket())
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = {
    host: 'tickover.example',
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': String(text.length) }),
  }
  Object.assign(request, {
    method,
    url: path,
    headers,
    rawHeaders: Object.entries(headers).flat(),
    httpVersion: '1.1',
  })
  if (text !== '') request.push(text)
  request.push(null)
  const response = new ServerResponse(request)
  await listener(request, response)
  return response.statusCode
}
