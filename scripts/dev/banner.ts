import { YOU } from './stack/settings.ts'
import type { Stack } from './stack.ts'

/** What is where, and commands that work as they stand. `now` in milliseconds since 1970. */
export function banner({ url, demo_url, issuer, scheduler }: Stack, now: number): string {
  const token = `-H "Authorization: Bearer $(curl -s '${issuer.url}/token?email=${YOU}&audience=${url}')"`
  const job = {
    job_type: 'post_content',
    schedule_at: new Date(now).toISOString(),
    payload: { platform: 'x', content: 'Hello', campaign_id: 'abc' },
  }
  return `
Tickover runs here. Stop it with Ctrl-C.

  scheduler function   ${url}
  what its jobs did    ${demo_url}/received
  token issuer         ${issuer.url}
  Cloud Scheduler      ${scheduler} (gRPC)

Send a one-off job, then look at all jobs:

  curl ${token} -H 'Content-Type: application/json' -d '${JSON.stringify(job)}' ${url}/api/jobs

  curl ${token} ${url}/api/jobs
`
}
