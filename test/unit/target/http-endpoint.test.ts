import { describe, expect, test } from 'vitest'
import { TickoverError } from '../../../functions/errors.ts'
import { checkEndpoint, type Destinations, placeOf } from '../../../functions/target/http/endpoint.ts'
import { emailService } from './http-scene.ts'

const EMAIL = emailService('https://email.example.com/base', { private: false })

const KNOWN: Destinations = {
  services: [EMAIL, emailService('http://user.internal:3000', { name: 'user-service' })],
  allowed_hosts: ['hooks.example.com', 'intranet.example.com'],
  private_hosts: ['intranet.example.com'],
}

function place(endpoint: string, service: string | null = 'email-service'): string {
  return placeOf({ kind: 'http', service, endpoint }, KNOWN).url.href
}

/** Which field is refused at registration, and with which code the same target fails when it is called. */
function refused(endpoint: string, service: string | null = 'email-service'): string {
  const told = [checkEndpoint, placeOf].map((judge) => {
    try {
      judge({ kind: 'http', service, endpoint }, KNOWN)
      return 'taken'
    } catch (error) {
      if (!(error instanceof TickoverError)) throw error
      return error.code === 'bad_request' ? `${error.problems[0]?.field}` : error.code
    }
  })
  return told.join(' ')
}

describe('an endpoint of a service', () => {
  test('is a path under its base URL', () => {
    expect(place('/api/jobs/x')).toBe('https://email.example.com/base/api/jobs/x')
    expect(place('/')).toBe('https://email.example.com/base/')
    expect(place('/a?b=c&d=//e')).toBe('https://email.example.com/base/a?b=c&d=//e')
    expect(place('/a', 'user-service')).toBe('http://user.internal:3000/a')
    expect(place('/@evil.example.com')).toBe('https://email.example.com/base/@evil.example.com')
    expect(place('/a/../b')).toBe('https://email.example.com/base/b')
    expect(place('/:80/x', 'user-service')).toBe('http://user.internal:3000/:80/x')
    expect(place(`/${'a'.repeat(499)}`)).toHaveLength(530)
  })

  test.each([
    '',
    'api/jobs/x',
    '@evil.example.com/x',
    '.evil.example.com/x',
    ':80/x',
    '//evil.example.com/x',
    '/\\evil.example.com/x',
    '\\\\evil.example.com',
    '/a\\b',
    '///evil.example.com',
    'https://evil.example.com/x',
    'https://email.example.com/base/x',
    'javascript:alert(1)',
    '/../x',
    '/../basement/x',
    '/..',
    '/a/../../x',
    '/%2e%2e/x',
    '/.%2E/x',
    '/x#fragment',
    '/\t/evil.example.com',
    '\t//evil.example.com',
    '/a\r\nX-Evil: 1',
    '/a\u0000',
    '/a\u0085b',
    `/${'a'.repeat(500)}`,
  ])('is nothing else: %j', (endpoint) => {
    expect(refused(endpoint)).toBe('endpoint invalid_endpoint')
  })

  test('needs a service that is configured', () => {
    expect(refused('/x', 'sms-service')).toBe('service unknown_service')
    expect(refused('/x', '')).toBe('service unknown_service')
    expect(refused('/x')).toBe('taken taken')
  })

  test('needs https, unless the service may be at a private address', () => {
    const open = { ...KNOWN, services: [{ ...EMAIL, url: 'http://email.example.com' }] }
    expect(() => placeOf({ kind: 'http', service: 'email-service', endpoint: '/x' }, open)).toThrow('https')
  })
})

describe('an endpoint without a service', () => {
  test('is a whole URL on an allowed host', () => {
    expect(place('https://hooks.example.com/x?y=1', null)).toBe('https://hooks.example.com/x?y=1')
    expect(place('https://HOOKS.example.com:443/x', null)).toBe('https://hooks.example.com/x')
    expect(place('http://intranet.example.com:8080/x', null)).toBe('http://intranet.example.com:8080/x')
  })

  test.each([
    'http://hooks.example.com/x',
    'https://hooks.example.com:8443/x',
    'https://hooks.example.com./x',
    'https://hooks.example.com.evil.com/x',
    'https://evil.com/hooks.example.com',
    'https://a.hooks.example.com/',
    'https://hooks.example.com@evil.com/',
    'https://user:secret@hooks.example.com/',
    'https://@hooks.example.com@evil.com/',
    'https://evil.com\\@hooks.example.com/',
    'https://evil.com#@hooks.example.com/',
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'ws://intranet.example.com/',
    '//hooks.example.com/x',
    '/x',
    '',
  ])('is nothing else: %j', (endpoint) => {
    expect(refused(endpoint, null)).toBe('endpoint invalid_endpoint')
  })
})
