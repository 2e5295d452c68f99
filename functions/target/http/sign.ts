import { Webhook } from 'standardwebhooks'
import { TickoverError } from '../../errors.ts'
import { digestOf } from '../../job/digest.ts'
import type { Place } from './endpoint.ts'

/** An ID token for an audience; rejects with `TickoverError('token_unavailable')`. */
export type Token = (audience: string) => Promise<string>

/** What is signed: the run's id, the body, and the instant in ms. */
export interface Message {
  readonly run: string
  readonly body: string
  readonly at: number
}

/** The headers that prove to the target who sends the message; no value of them may be kept or shown. */
export async function signed(place: Place, message: Message, token: Token): Promise<Record<string, string>> {
  if (place.service?.signing === 'webhook') return webhook(place.service.secret, message)
  return { authorization: `Bearer ${await token(audienceOf(place))}` }
}

/** Cloud Run's audience: the base URL of the service, without a slash at its end; of a whole URL the origin. */
export function audienceOf({ service, url }: Place): string {
  return service === null ? url.origin : new URL(service.url).href.replace(/\/$/, '')
}

/** As standardwebhooks.com has it. The id is the run's hash, the same for each attempt: an id holds no full stop. */
function webhook(secret: string | null, { run, body, at }: Message): Record<string, string> {
  if (secret === null)
    throw new TickoverError(
      'configuration',
      'The service signs as webhook, and has no WEBHOOK_SECRET. Set it.',
    )
  const id = `run_${digestOf(run)}`
  const signature = new Webhook(secret).sign(id, new Date(at), body)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': signature,
  }
}
