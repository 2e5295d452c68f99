import { describe, expect, it } from 'vitest'
import { callerOf, mayRegister, serviceCaller } from '../../functions/auth/policy.ts'

const TICKER = 'tick@p.iam.gserviceaccount.com'
const MAILER = 'mailer@p.iam.gserviceaccount.com'
const NO_MORE = { services: [], job_types: [] } as const
const config = {
  scheduler_account: TICKER,
  services: [
    { name: 'email-service', job_types: ['email', 'cleanup'] },
    { name: 'user-service', job_types: ['cleanup', 'users'] },
  ],
  principals: [
    { name: 'domain:example.com', roles: ['viewer'], ...NO_MORE },
    { name: 'domain:p.iam.gserviceaccount.com', roles: ['legacy'], ...NO_MORE },
    { name: 'ana@example.com', roles: ['operator'], ...NO_MORE },
    { name: MAILER, roles: ['service'], services: ['email-service'], job_types: ['digest'] },
    { name: 'old@example.com', roles: ['service'], services: [], job_types: ['email'] },
    { name: 'lapsed@example.com', roles: ['viewer'], services: ['email-service'], job_types: ['email'] },
  ],
} as const
const person = (email: string) => callerOf({ email, domain: null }, 'id_token', config)

describe('roles', () => {
  it.each([
    [{ email: 'ana@example.com', domain: 'example.com' }, ['viewer', 'operator']],
    [{ email: 'ana@example.com', domain: null }, ['operator']],
    [{ email: 'bob@example.com', domain: null }, []],
    [{ email: 'bob@other.com', domain: 'example.com' }, ['viewer']],
    [{ email: 'x@p.iam.gserviceaccount.com', domain: null }, ['legacy']],
    [{ email: 'x@evil-p.iam.gserviceaccount.com', domain: null }, []],
    [{ email: TICKER, domain: null }, ['legacy', 'scheduler']],
  ])('of %j are %j', (identity, roles) => {
    expect(callerOf(identity, 'id_token', config).roles).toEqual(roles)
  })
})

describe('a caller', () => {
  it('is called by the e-mail address, and has the job types of its services beside its own', () => {
    expect(person(MAILER)).toEqual({
      email: MAILER,
      name: MAILER,
      roles: ['legacy', 'service'],
      services: ['email-service'],
      job_types: ['digest', 'email', 'cleanup'],
      by: 'id_token',
    })
  })

  it('that a service’s token names is the service, and nothing more', () => {
    expect(serviceCaller(config.services[1])).toEqual({
      email: null,
      name: 'service:user-service',
      roles: ['service'],
      services: ['user-service'],
      job_types: ['cleanup', 'users'],
      by: 'service_token',
    })
  })
})

describe('registering', () => {
  const users = serviceCaller(config.services[1])

  it.each([
    ['its own service and type', users, 'user-service', 'users', true],
    ['its own service, another’s type', users, 'user-service', 'email', false],
    ['another’s service, its own type', users, 'email-service', 'cleanup', false],
    ['no service, its own type', users, null, 'users', true],
    ['no service, another’s type', users, null, 'email', false],
    ['its service, by its address', person(MAILER), 'email-service', 'cleanup', true],
    ['its further type, by its address', person(MAILER), 'email-service', 'digest', true],
    ['a service, by types alone', person('old@example.com'), 'email-service', 'email', false],
    ['a service, without the role', person('lapsed@example.com'), 'email-service', 'email', false],
    ['anything, as an operator', person('ana@example.com'), 'email-service', 'email', false],
    ['anything, as nobody', null, null, 'email', false],
  ] as const)('%s: allowed or not as it should be', (_, caller, service, type, isAllowed) => {
    expect(mayRegister(caller, service, type)).toBe(isAllowed)
  })
})
