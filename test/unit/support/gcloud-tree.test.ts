import { describe, expect, it } from 'vitest'
import { gcloudTree, problemsOf } from '../../support/gcloud-tree.ts'

const tree = gcloudTree()
const judged = (line: string) => (tree === null ? [] : problemsOf(tree, line.split(' ')))

describe.skipIf(tree === null)('gcloud’s own tree of commands', () => {
  it('knows what there is', () => {
    expect(judged('run services describe jobs --region=us-central1 --project p --format=json -q')).toEqual([])
    expect(judged('beta run services update jobs --scaling=0 --no-cpu-throttling')).toEqual([])
    expect(judged('scheduler jobs run tickover-low --location us-central1')).toEqual([])
  })

  it('refuses what there is not: a command, a flag, a value, half of a command', () => {
    expect(judged('run logs read jobs')).toEqual(['gcloud run has no command logs'])
    expect(judged('run deploy jobs --trafic=no')).toEqual(['gcloud run deploy has no flag --trafic'])
    expect(judged('run deploy jobs --no-traffic=yes')).toEqual([
      'gcloud run deploy: --no-traffic takes no value',
    ])
    expect(judged('run deploy jobs --ingress=everybody')[0]).toContain('--ingress is one of all, internal')
    expect(judged('run deploy jobs --region')).toEqual(['gcloud run deploy: --region needs a value'])
    expect(judged('run services')).toEqual(['gcloud run services is a group of commands'])
  })

  it('knows a flag of beta only there', () => {
    expect(judged('beta run deploy jobs --iap')).toEqual([])
    expect(judged('run deploy jobs --iap')).toEqual(['gcloud run deploy has no flag --iap'])
  })
})
