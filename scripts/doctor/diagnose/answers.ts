import type { Facts } from '../facts.ts'
import { bad, type Found, judged, ok } from '../line.ts'
import type { Mends } from '../mends.ts'

/** Does it answer whom it should, and only them? */
export function answerLines({ health, tick_without_token, day }: Facts, mends: Mends): Found[] {
  const [healthy, closed, known] = [
    'the health check answers',
    'a tick without credentials is refused',
    'this shell’s token is taken',
  ]
  return [
    ...judged(healthy, health, (answer) => {
      if (answer === null) return bad(healthy, 'nobody answers', mends.logs())
      const { http_status, status } = answer
      const told = `${http_status} status ${status ?? 'none'}`
      return http_status === 200 && status === 'ok' ? ok(healthy, told) : bad(healthy, told, mends.logs())
    }),
    ...judged(closed, tick_without_token, (status) => {
      // With IAM in front, Cloud Run itself answers 403 before the function can say 401.
      if (status === 401 || status === 403) return ok(closed, String(status))
      return bad(closed, `answered ${status}`, mends.logs())
    }),
    ...judged(known, day, ({ revision, environment, stage }) =>
      ok(known, `answered by ${revision}: ${environment}, stage ${stage}`),
    ),
  ]
}
