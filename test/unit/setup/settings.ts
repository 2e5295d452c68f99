import type { Settings } from '../../../scripts/setup/settings.ts'

/** Complete settings of one plain lane. */
export function settings(more: Partial<Settings> = {}): Settings {
  return {
    project: 'test-project',
    location: 'us-central1',
    lanes: [{ name: 'low', dwell_seconds: null }],
    cadence: '* * * * *',
    time_zone: 'UTC',
    target_url: 'https://tickover.example',
    audience: 'https://tickover.example',
    scheduler_account: 'ticks@test-project.iam.gserviceaccount.com',
    request_timeout_seconds: 1800,
    scheduler_endpoint: null,
    ...more,
  }
}
