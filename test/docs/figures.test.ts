import { describe, expect, it } from 'vitest'
import indexes from '../../firestore.indexes.json' with { type: 'json' }
import catalog from '../../infra/catalog.json' with { type: 'json' }
import { NO_TERRAFORM, planOf } from '../support/terraform.ts'
import { textOf } from '../support/told.ts'

const page = textOf('docs/production.md')

describe('the way to production', () => {
  it('says how much there is of what Terraform makes', () => {
    const alerts = Object.keys(catalog.alerts).length
    const metrics = Object.keys(catalog.metrics).length
    expect(page).toContain(`${alerts} alert policies, ${metrics} log-based metrics, a dashboard`)
    expect(page).toContain(
      `${indexes.indexes.length} indexes and ${indexes.fieldOverrides.length} field settings`,
    )
  })

  it.skipIf(NO_TERRAFORM !== null)('says what the first plan says', async () => {
    const { resources } = await planOf({}, 'production.tfvars')
    expect(page).toContain(`Plan: ${resources.length} to add, 0 to change, 0 to destroy.`)
  })
})
