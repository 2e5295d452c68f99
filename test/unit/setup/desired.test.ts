import { describe, expect, test } from 'vitest'
import { desiredJobs } from '../../../scripts/setup/desired.ts'
import { settings } from './settings.ts'

describe('the jobs of the lanes', () => {
  test('a plain lane has one, on the cadence, in its zone', () => {
    const jobs = desiredJobs(settings({ cadence: '*/5 * * * *', time_zone: 'Europe/Berlin' }))
    expect(jobs).toMatchObject([
      { id: 'tickover-low', schedule: '*/5 * * * *', time_zone: 'Europe/Berlin', body: '{"lane":"low"}' },
    ])
  })

  test('a lane with dwell has two, whose minutes are all minutes and no minute twice', () => {
    const lanes = [{ name: 'high', dwell_seconds: 75 }]
    expect(desiredJobs(settings({ lanes }))).toMatchObject([
      { id: 'tickover-high-even', schedule: '*/2 * * * *', body: '{"lane":"high"}' },
      { id: 'tickover-high-odd', schedule: '1-59/2 * * * *', body: '{"lane":"high"}' },
    ])
  })

  test('say everything explicitly that the service would otherwise guess', () => {
    expect(desiredJobs(settings())[0]).toMatchObject({
      uri: 'https://tickover.example/cron/tick',
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      audience: 'https://tickover.example',
      service_account: 'ticks@test-project.iam.gserviceaccount.com',
      description: 'Tickover: ticks lane low',
    })
  })

  test.each([
    ['https://t.example', 'https://t.example/cron/tick'],
    ['https://t.example/', 'https://t.example/cron/tick'],
    ['https://t.example/prefix/cron/tick', 'https://t.example/prefix/cron/tick'],
  ])('a target of %s is posted to at %s', (target_url, uri) => {
    expect(desiredJobs(settings({ target_url }))[0]?.uri).toBe(uri)
  })

  test.each([
    [60, 60],
    [1800, 1800],
    [3600, 1800],
  ])('with a request timeout of %i s the attempt deadline is %i s', (request_timeout_seconds, deadline) => {
    expect(desiredJobs(settings({ request_timeout_seconds }))[0]?.attempt_deadline_seconds).toBe(deadline)
  })

  test('two lanes that need one name are refused', () => {
    const lanes = [
      { name: 'high', dwell_seconds: 75 },
      { name: 'high-odd', dwell_seconds: null },
    ]
    expect(() => desiredJobs(settings({ lanes }))).toThrow(/tickover-high-odd/)
  })
})
