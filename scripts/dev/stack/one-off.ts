import type { Issuer } from '../issuer.ts'
import { YOU } from './settings.ts'

/** A one-off job, as `POST /api/jobs` takes it. */
export interface OneOff {
  readonly job_type: string
  /** ISO 8601. */
  readonly schedule_at: string
  readonly payload: Readonly<Record<string, string>>
}

/** Makes a one-off job through the API, as you. Rejects when it is refused. */
export async function createOneOff(url: string, issuer: Pick<Issuer, 'mint'>, job: OneOff): Promise<void> {
  const token = await issuer.mint({ email: YOU, audience: url })
  const answer = await fetch(`${url}/api/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(job),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`POST /api/jobs answered ${answer.status}: ${text}`)
}
