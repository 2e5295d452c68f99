import { SERVICE_JOBS } from './jobs.ts'
import type { Tokens } from './tokens.ts'

/** What each service does at each of its starts: it registers its jobs. Rejects when one is refused. */
export async function registerServices(url: string, tokens: Tokens): Promise<void> {
  for (const { registration } of SERVICE_JOBS.filter((job) => job.registration.service in tokens)) {
    const answer = await fetch(`${url}/api/jobs/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-service-token': tokens[registration.service] ?? '' },
      body: JSON.stringify(registration),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${registration.name} was not registered (${answer.status}): ${text}`)
  }
}
