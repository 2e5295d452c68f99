import { defineConfig } from 'vitest/config'

const everything = ['test/**/*.test.ts']
/** Tests that measure how fast the whole of it is: they have the machine to themselves. */
const alone = ['test/e2e/**/*.test.ts']
/** The move as a whole on the local stack: a minute or more. */
const rehearsal = ['test/rehearsal/**/*.test.ts']

/**
 * The longest proofs: processes that are killed for half a minute, a year's worth of jobs, each law against a protocol that
 * breaks it, the cloud by Terraform's own plan.
 */
const proofs = [
  'test/app/cost.test.ts',
  'test/app/deploy.test.ts',
  'test/app/scale.test.ts',
  'test/docs/commands.test.ts',
  'test/docs/figures.test.ts',
  'test/faults/kill.test.ts',
  'test/faults/queue-kill.test.ts',
  'test/faults/replicas.test.ts',
  'test/faults/revisions.test.ts',
  'test/faults/store-trouble.test.ts',
  'test/infra/code.test.ts',
  'test/infra/terraform.test.ts',
  'test/monitoring/alerts.test.ts',
  'test/page/access.test.ts',
  'test/page/rollout.test.ts',
  'test/page/timeline.test.ts',
  'test/systems/identical.test.ts',
  'test/systems/transit.test.ts',
  'test/simulation/mutants.test.ts',
  'test/unit/cost/systems.test.ts',
  'test/unit/rollout/alerts.test.ts',
  'test/unit/rollout/teams.test.ts',
]

export default defineConfig({
  test: {
    pool: 'forks',
    // Many tests wait for processes and servers of their own: a worker more than a small machine has cores.
    maxWorkers: 3,
    globalSetup: ['test/support/global-setup.ts'],
    // No Google client may look for a metadata server: there is none, and it would wait for it.
    env: { METADATA_SERVER_DETECTION: 'none' },
    testTimeout: 30_000,
    hookTimeout: 90_000,
    projects: [
      { extends: true, test: { name: 'alone', include: alone, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'together',
          include: everything,
          exclude: [...alone, ...rehearsal, ...proofs],
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: 'rehearsal', include: rehearsal, sequence: { groupOrder: 2 } } },
      {
        extends: true,
        test: { name: 'proofs', include: proofs, testTimeout: 90_000, sequence: { groupOrder: 3 } },
      },
    ],
  },
})
