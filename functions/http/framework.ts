import diagnostics from 'node:diagnostics_channel'
import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import { getRequestListener, RequestError } from '@hono/node-server'
import { TickoverError } from '../errors.ts'
import { problemOf } from './problem.ts'
import { SHIELD } from './shield.ts'

/** What answers a request, in Node's own terms. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** The requests of one process, as the Functions Framework's server hands them over. */
export interface Bridge {
  /** Takes no new connection and resolves once every request under way is answered. */
  finish(): Promise<void>
}

/** Node's listener for a web-standard handler. What cannot even be a request is a problem too. */
export function listenerOf(fetch: (request: Request) => Response | Promise<Response>): Listener {
  return getRequestListener((request) => fetch(request), {
    overrideGlobalObjects: false,
    errorHandler: (error) => {
      const known = error instanceof RequestError
      const body = problemOf(
        known
          ? new TickoverError('bad_request', 'The request’s URL or Host cannot be read. Correct it.')
          : error,
      )
      return Response.json(body, {
        status: body.status,
        headers: { ...SHIELD, 'Content-Type': 'application/problem+json' },
      })
    },
  })
}

/**
 * Puts `listener` in the place of the Functions Framework's own, at its first request. The framework reads and parses
 * each body before it calls a function: up to 1024 MB, from anybody, and it answers broken JSON with an HTML page. It
 * offers no way around that, but Node announces each request before its server does, with the server.
 */
export function takeRequests(listener: Listener): Bridge {
  const taken = new Set<Server>()
  diagnostics.subscribe('http.server.request.start', (message) => {
    const server = serverOf(message)
    if (server === null || taken.has(server) || !server.listeners('request').some(isExpress)) return
    taken.add(server)
    server.removeAllListeners('request')
    server.on('request', (request, response) => {
      // A connection that is kept alive for a next request would hold up the end of the process.
      response.once('close', () => {
        if (!server.listening) server.closeIdleConnections()
      })
      void listener(request, response)
    })
  })
  return {
    finish: async () => {
      await Promise.all([...taken].map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

function serverOf(message: unknown): Server | null {
  if (typeof message !== 'object' || message === null || !('server' in message)) return null
  return message.server instanceof Server ? message.server : null
}

/** The framework's server is the one behind an Express application; jobs may run servers of their own. */
function isExpress(listener: object): boolean {
  return 'handle' in listener && 'settings' in listener
}
