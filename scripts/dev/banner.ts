import { YOU } from './stack/settings.ts'
import type { Stack } from './stack.ts'

/** What is where, and commands that work as they stand. `now` in milliseconds since 1970. */
export function banner(stack: Stack, now: number): string {
  const { url, page_url, demo_url, issuer, scheduler } = stack
  const firestore = stack.firestore()
  const token = `-H "Authorization: Bearer $(curl -s '${issuer.url}/token?email=${YOU}&audience=${url}')"`
  const job = {
    job_type: 'post_content',
    schedule_at: new Date(now).toISOString(),
    payload: { platform: 'x', content: 'Hello', campaign_id: 'abc' },
  }
  return `
Open ${page_url}

Tickover runs here. Stop it with Ctrl-C.

  scheduler function   ${url}
  what its jobs did    ${demo_url}/received
  token issuer         ${issuer.url}
  Cloud Scheduler      ${scheduler} (gRPC)${firestore === null ? '' : firestoreLines(firestore)}

Send a one-off job, then look at all of them:

  curl ${token} -H 'Content-Type: application/json' -d '${JSON.stringify(job)}' ${url}/api/jobs

  curl ${token} '${url}/api/jobs?kind=one_off'
`
}

function firestoreLines({ host, ends }: NonNullable<ReturnType<Stack['firestore']>>): string {
  const fate = ends ? '\n\nJobs are kept in that emulator: they are gone when it stops with the rest.' : ''
  return `\n  Firestore emulator   ${host}${fate}`
}
