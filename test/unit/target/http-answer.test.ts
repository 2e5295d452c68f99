import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../../functions/job/outcome.ts'
import { outcomeOfAnswer } from '../../../functions/target/http/answer.ts'
import { COMPLETION, outcomeOfCompletion } from '../../../functions/target/http/complete.ts'

const NOW = Date.UTC(2030, 0, 31, 12)
const ACCEPTED: Outcome = { kind: 'accepted', token_hash: 'hash', deadline_seconds: 60, items: null }

const JSON_TYPE = { 'content-type': 'application/json' }

/** A secret that went along with the call. */
const SENT = 'sent-secret-of-this-very-call'

function come(
  status: number,
  body: unknown = '',
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): Outcome {
  const text = typeof body === 'string' || body === null ? body : JSON.stringify(body)
  return outcomeOfAnswer({ status, headers, body: text }, { now: NOW, accepted: ACCEPTED, secrets: [SENT] })
}

const patience = (value: string) => {
  const outcome = come(429, '', { 'retry-after': value })
  return outcome.kind === 'retry' ? outcome.after_seconds : outcome.kind
}

describe('a status', () => {
  test.each([408, 425, 429, 500, 502, 503, 504, 507, 522])('of %i may be tried again', (status) => {
    expect(come(status).kind).toBe('retry')
  })

  test.each([300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 409, 410, 413, 422, 451, 501, 505])(
    'of %i has failed for good',
    (status) => {
      expect(come(status).kind).toBe('failed')
    },
  )

  test('of success counts as success, whatever it carries that is no reply', () => {
    for (const body of ['', 'OK', '<html>', '[]', 'null', '"yes"', '{"success":"yes"}', '{"done":true}']) {
      expect(come(200, body), body).toEqual({ kind: 'succeeded', result: null, items: null })
    }
    expect(come(204, '').kind).toBe('succeeded')
  })

  test('of 202 is accepted, whatever it carries', () => {
    expect(come(202, { success: false })).toBe(ACCEPTED)
    expect(come(202, null)).toBe(ACCEPTED)
  })
})

describe('a reply', () => {
  test('without success may be tried again, in the target’s words', () => {
    expect(come(200, { success: false, error: 'no\nmail', itemsProcessed: 2, itemsFailed: 2 })).toEqual({
      kind: 'retry',
      error: 'no mail',
      items: { processed: 2, succeeded: 0, failed: 2 },
      after_seconds: null,
    })
    expect(come(200, { success: false })).toMatchObject({
      error: 'The target says that it failed, and not why',
    })
    expect(come(200, { success: false }, { 'retry-after': '7' })).toMatchObject({ after_seconds: 7 })
  })

  test('that says that trying again would not help has failed for good', () => {
    expect(come(200, { success: false, retryable: false, error: 'never' })).toEqual({
      kind: 'failed',
      error: 'never',
      items: null,
    })
    expect(come(200, { success: false, retryable: true }).kind).toBe('retry')
  })

  test('counts as far as it can be read: a bad field hides no other', () => {
    const body = {
      success: true,
      itemsProcessed: '5',
      itemsSucceeded: 4,
      itemsFailed: -1,
      metadata: [1],
      error: {},
    }
    expect(come(200, body)).toEqual({
      kind: 'succeeded',
      result: '[1]',
      items: { processed: 4, succeeded: 4, failed: 0 },
    })
    expect(come(200, { success: false, error: { code: 1 } }).kind).toBe('retry')
  })

  test('whose metadata is over 16 KiB has failed for good, with its counts', () => {
    expect(come(200, { success: true, itemsProcessed: 1, metadata: 'x'.repeat(16 * 1024) })).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^unstorable_result/),
      items: { processed: 1 },
    })
    expect(come(200, { success: true, metadata: 'x'.repeat(16 * 1024 - 2) }).kind).toBe('succeeded')
  })

  test('that was too long to be read has failed for good', () => {
    expect(come(200, null)).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^unstorable_result/),
    })
    expect(come(500, null)).toMatchObject({ kind: 'retry', error: 'The target answered 500' })
  })
})

describe('the error of a bad status', () => {
  test('shows the first 500 characters of a text, and no header', () => {
    expect(come(500, 'a'.repeat(600), { 'content-type': 'text/html', 'x-secret': 'shh' })).toMatchObject({
      error: `The target answered 500: ${'a'.repeat(500)}`,
    })
    expect(come(404, { title: 'not here' })).toMatchObject({
      error: 'The target answered 404: {"title":"not here"}',
    })
  })

  test('shows nothing that is no text', () => {
    for (const type of ['image/png', 'application/octet-stream', 'application/jsonlike', '']) {
      expect(come(500, 'PNG', { 'content-type': type }), type).toMatchObject({
        error: 'The target answered 500',
      })
    }
  })

  test('shows neither tokens nor passwords that the target gives away', () => {
    const body = 'Authorization: Bearer abcdefghijklmnop, mysql://root:pw@db/x'
    const { error } = { error: '', ...come(500, body, { 'content-type': 'text/plain' }) }
    expect(error).not.toMatch(/abcdefgh|root:pw/)
  })

  test('says of a redirect that it is not followed', () => {
    expect(come(302, '', { location: 'http://169.254.169.254/' })).toMatchObject({
      error: 'The target answered 302 (redirects are not followed: register where it leads)',
    })
  })
})

describe('Retry-After', () => {
  test('is seconds or a date, at most a day', () => {
    expect(patience('120')).toBe(120)
    expect(patience(' 0 ')).toBe(0)
    expect(patience('Thu, 31 Jan 2030 12:02:00 GMT')).toBe(120)
    expect(patience('Thursday, 31-Jan-30 12:02:00 GMT')).toBe(120)
    expect(patience('99999999999')).toBe(86_400)
    expect(patience('Fri, 31 Jan 2031 12:02:00 GMT')).toBe(86_400)
    expect(patience('Wed, 30 Jan 2030 12:02:00 GMT')).toBe(0)
  })

  test('that says nothing is nothing', () => {
    for (const text of ['', 'soon', '-5', '1.5', '1e3', '2030-01-31', 'Thu, 99 Foo 2030 99:99:99 GMT'])
      expect(patience(text), text).toBeNull()
  })
})

describe('what the target was sent', () => {
  const told = { echo: `it was ${SENT}`, headers: { authorization: 'Bearer abcdefghijkl', accept: '*/*' } }
  const kept = { echo: 'it was [redacted]', headers: { authorization: '[redacted]', accept: '*/*' } }

  test('is kept with no run, at once or later, however it is spelled', () => {
    const spelled = JSON.stringify({ success: true, metadata: told }).replaceAll('s', '\\u0073')
    const done = { kind: 'succeeded', result: JSON.stringify(kept) }
    expect(come(200, spelled)).toMatchObject(done)
    expect(come(200, { success: true, metadata: told })).toMatchObject(done)
    const completion = COMPLETION.parse({ success: true, metadata: told })
    expect(outcomeOfCompletion(completion, SENT)).toMatchObject(done)
  })

  test('is in no error', () => {
    const failed = COMPLETION.parse({ success: false, error: `no: ${SENT}` })
    expect(outcomeOfCompletion(failed, SENT)).toMatchObject({ error: 'no: [redacted]' })
  })
})

describe('a completion', () => {
  test('comes to what the same answer would have come to at once', () => {
    const done = { success: true, itemsProcessed: 2, itemsSucceeded: 2, metadata: { a: 1 } }
    expect(outcomeOfCompletion(COMPLETION.parse(done), SENT)).toEqual(come(200, done))
    const failed = { success: false, error: 'no', retryable: false }
    expect(outcomeOfCompletion(COMPLETION.parse(failed), SENT)).toEqual(come(200, failed))
  })

  test('is refused where a field is wrong, since its sender can still correct it', () => {
    for (const bad of [
      {},
      { success: 'yes' },
      { success: true, itemsProcessed: -1 },
      { success: true, error: 1 },
    ])
      expect(COMPLETION.safeParse(bad).success).toBe(false)
    expect(COMPLETION.safeParse({ success: true, error: null, itemsFailed: null, more: 1 }).success).toBe(
      true,
    )
  })
})
