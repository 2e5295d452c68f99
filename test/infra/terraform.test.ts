import { describe, expect, it } from 'vitest'
import { copyOfInfra, NO_TERRAFORM, terraform } from '../support/terraform.ts'

describe.skipIf(NO_TERRAFORM !== null)('the Terraform configuration', () => {
  it('is valid', async () => {
    await using copy = await copyOfInfra()
    expect(await terraform(copy.infra, 'validate', '-no-color')).toMatchObject({ code: 0 })
  })

  it('is written as terraform fmt would', async () => {
    await using copy = await copyOfInfra()
    const { code, text } = await terraform(copy.infra, 'fmt', '-check', '-recursive', '-diff')
    expect(text).not.toContain('+++')
    expect(code).toBe(0)
  })

  it.each([
    ['scheduler.tf', 'attempt_deadline', 'attempt_dedline'],
    ['function.tf', 'startup_cpu_boost', 'startup_boost'],
    ['firestore.tf', '"DELETE_PROTECTION_ENABLED"', '["DELETE_PROTECTION_ENABLED"]'],
  ])('with a wrong attribute in %s is refused, and the attribute named', async (file, right, wrong) => {
    const change = (text: string) => text.replace(right, wrong)
    await using copy = await copyOfInfra({ file, change })
    const { code, text } = await terraform(copy.infra, 'validate', '-no-color')
    expect(code).toBe(1)
    expect(text).toContain(file)
    expect(text).toMatch(/Unsupported argument|Incorrect attribute value type/)
  })
})
