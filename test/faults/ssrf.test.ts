import type { LookupAddress } from 'node:dns'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TickoverError } from '../../functions/errors.ts'
import { reachOf } from '../../functions/target/http/address.ts'
import type { Hosts, Lookup } from '../../functions/target/http/connect.ts'
import { createSend } from '../../functions/target/http/send.ts'
import { performHttp } from '../../functions/target/http.ts'
import { startTarget, type TestTarget } from '../support/target.ts'
import { attempt, calling, emailService } from '../unit/target/http-scene.ts'

let target: TestTarget
beforeEach(async () => {
  target = await startTarget()
})
afterEach(() => target.close())

const ANY: Hosts = { isPrivateAllowed: () => true }
const NONE: Hosts = { isPrivateAllowed: () => false }
const ONE: Hosts = { isPrivateAllowed: (host) => host === 'innocent.example.com' }

const url = () => `http://innocent.example.com:${target.port}/`

/** A name server that gives these answers in turn, the last one for ever, and counts. */
function naming(...answers: readonly (readonly string[])[]): Lookup & { asked: string[] } {
  const asked: string[] = []
  const lookup = async (name: string): Promise<LookupAddress[]> => {
    const addresses = answers[Math.min(asked.push(name), answers.length) - 1] ?? []
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return Object.assign(lookup, { asked })
}

/** The status of a POST, or the code of what kept it from being sent. */
async function posted(url: string, hosts: Hosts): Promise<number | string> {
  try {
    const { signal } = new AbortController()
    const request = { url: new URL(url), headers: {}, body: '{}', signal, limits: { answer_bytes: 1000 } }
    return (await createSend(hosts)(request)).status
  } catch (error) {
    if (error instanceof TickoverError) return error.code
    throw error
  }
}

/** Gives a client time to put a connection by for later, if it does such things. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await turn()
}

describe('an address', () => {
  test.each([
    '8.8.8.8',
    '142.250.185.78',
    '2a00:1450:4001:80b::200e',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])('%s is anybody’s', (address) => expect(reachOf(address)).toBe('public'))

  test.each([
    '127.0.0.1',
    '127.255.255.254',
    '::1',
    '::ffff:127.0.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '::ffff:192.168.1.1',
    '100.64.0.1',
    '100.127.255.255',
    'fc00::1',
    'fd12:3456::1',
  ])('%s is for hosts that the configuration names', (address) => expect(reachOf(address)).toBe('private'))

  test.each([
    [
      'link-local and metadata',
      ['169.254.169.254', '169.254.0.1', '::ffff:169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
    ],
    [
      'metadata beside link-local',
      [
        'fd00:ec2::254',
        'FD00:0EC2:0::0254',
        'fd20:ce::254',
        '100.100.100.200',
        '168.63.129.16',
        'fd00:42::42',
      ],
    ],
    ['multicast and broadcast', ['224.0.0.1', '239.255.255.255', 'ff02::1', '255.255.255.255']],
    ['unspecified', ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0']],
    [
      'reserved',
      ['240.0.0.1', '192.0.0.192', '198.18.0.1', '192.88.99.1', '4000::1', 'fec0::1', '100::1', '5f00::1'],
    ],
    ['documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1']],
    ['6to4', ['2002:a9fe:a9fe::1', '2002:7f00:1::', '2002:a00:1::1']],
    ['Teredo', ['2001:0:a9fe:a9fe::1', '2001::5601:5601']],
    [
      'NAT64 to what is not public',
      ['64:ff9b::a9fe:a9fe', '64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b:1::8.8.8.8'],
    ],
    [
      'IPv4 hidden otherwise',
      ['::7f00:1', '::a9fe:a9fe', '::8.8.8.8', '::ffff:0:7f00:1', '::ffff:0:169.254.169.254'],
    ],
    ['no address at all', ['', 'localhost', '127.0.0.1:80', '1.2.3.4.5', '[::1]', '::1::']],
  ])('is nobody’s when it is %s', (_, addresses) => {
    for (const address of addresses) expect(reachOf(address), address).toBe('never')
  })
})

describe('loopback, in every spelling', () => {
  test.each([
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '017700000001',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '0x7f.0x0.0x0.0x1',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '１２７.０.０.１',
    '①②⑦.⓪.⓪.①',
    'localhost',
    'LOCALHOST',
  ])('is out of reach: %s', async (host) => {
    const spelt = `http://${host}:${target.port}/`
    expect(await posted(spelt, NONE)).toBe('forbidden_address')
    expect(target.arrived).toEqual([])
    expect(await posted(spelt, ANY), 'it does lead there').toBe(200)
  })

  test.each(['[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '0.0.0.0', '0', '[::]'])(
    'is out of reach: %s',
    async (host) => {
      expect(await posted(`http://${host}:${target.port}/`, NONE)).toBe('forbidden_address')
      expect(target.arrived).toEqual([])
    },
  )
})

describe('metadata', () => {
  test.each([
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.43518',
    '169.254.169.254.',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::169.254.169.254]',
    '[2002:a9fe:a9fe::1]',
    '[::a9fe:a9fe]',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '[fe80::a9fe:a9fe]',
    'metadata.google.internal',
    'METADATA.Google.internal.',
    'metadata',
    'metadata.goog',
    'instance-data.ec2.internal',
  ])('is out of reach also for hosts that may be private: %s', async (host) => {
    const lookup = naming(['127.0.0.1'])
    expect(await posted(`http://${host}:${target.port}/`, { ...ANY, lookup })).toBe('forbidden_address')
    expect([target.arrived, lookup.asked]).toEqual([[], []])
  })

  test('is out of reach through any name', async () => {
    for (const address of ['169.254.169.254', 'fd00:ec2::254', '::ffff:169.254.169.254', '0.0.0.0']) {
      const hosts = { ...ANY, lookup: naming([address]) }
      expect(await posted('http://innocent.example.com/', hosts), address).toBe('forbidden_address')
    }
  })
})

describe('a name', () => {
  test('is looked up once for each request, and just what was checked is connected to', async () => {
    const lookup = naming(['127.0.0.1'], ['169.254.169.254'])
    const send = createSend({ ...ANY, lookup })
    const { signal } = new AbortController()
    const request = { url: new URL(url()), headers: {}, body: '{}', signal, limits: { answer_bytes: 1000 } }
    expect((await send(request)).status).toBe(200)
    expect(lookup.asked).toEqual(['innocent.example.com'])
    await settled()
    // Rebound: no connection of before is used again, so the next request is checked anew.
    await expect(send(request)).rejects.toMatchObject({ code: 'forbidden_address' })
    expect([lookup.asked.length, target.arrived.length]).toEqual([2, 1])
  })

  test('at a private address is out of reach, unless the configuration names it', async () => {
    expect(await posted(url(), { ...NONE, lookup: naming(['127.0.0.1']) })).toBe('forbidden_address')
    expect(await posted(url(), { ...ONE, lookup: naming(['127.0.0.1']) })).toBe(200)
    const dotted = url().replace('.com:', '.com.:')
    expect(await posted(dotted, { ...ONE, lookup: naming(['127.0.0.1']) })).toBe('forbidden_address')
    const other = url().replace('innocent', 'other')
    expect(await posted(other, { ...ONE, lookup: naming(['127.0.0.1']) })).toBe('forbidden_address')
  })

  test('with one bad address among good ones is out of reach, wherever that stands', async () => {
    for (const addresses of [
      ['127.0.0.1', '169.254.169.254'],
      ['169.254.169.254', '127.0.0.1'],
    ]) {
      expect(await posted(url(), { ...ANY, lookup: naming(addresses) })).toBe('forbidden_address')
    }
    expect(await posted(url(), { ...NONE, lookup: naming(['8.8.8.8', '127.0.0.1']) })).toBe(
      'forbidden_address',
    )
    expect(target.arrived).toEqual([])
    expect(await posted(url(), { ...ANY, lookup: naming(['127.0.0.2', '127.0.0.1']) })).toBe(200)
  })

  test('is checked over https as over http', async () => {
    const secure = url().replace('http:', 'https:')
    expect(await posted(secure, { ...ANY, lookup: naming(['169.254.169.254']) })).toBe('forbidden_address')
    expect(await posted(secure, { ...NONE, lookup: naming(['127.0.0.1']) })).toBe('forbidden_address')
    expect(await posted(secure, { ...ANY, lookup: naming(['127.0.0.1']) })).toBe('target_unreachable')
  })

  test('may be an IPv6 address, as a URL has it', async () => {
    expect(
      await posted(`http://[::1]:${target.port}/`, { isPrivateAllowed: (host) => host === '[::1]' }),
    ).toBe('target_unreachable')
  })

  test('without an address is no target', async () => {
    expect(await posted(url(), { ...ANY, lookup: naming([]) })).toBe('forbidden_address')
    const away = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    expect(await posted(url(), { ...ANY, lookup: () => Promise.reject(away) })).toBe('target_unreachable')
  })
})

describe('a run', () => {
  test('whose target answers with a redirect follows it nowhere', async () => {
    const inner = await startTarget()
    const outer = await startTarget((response) =>
      response.writeHead(307, { location: `${inner.url}/` }).end(),
    )
    const { job, standing } = attempt()
    const outcome = await performHttp(calling(emailService(outer.url)), standing, job, '{}')
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('307 (redirects are not followed'),
    })
    expect([outer.arrived.length, inner.arrived.length]).toEqual([1, 0])
    await Promise.all([inner.close(), outer.close()])
  })

  test('at a forbidden address has failed for good, and says by which code', async () => {
    const { job, standing } = attempt()
    const call = calling(emailService(target.url), { send: createSend(NONE) })
    expect(await performHttp(call, standing, job, '{}')).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^forbidden_address: 127\.0\.0\.1 is at a private address/),
      acts: { performed: 0 },
    })
    expect(target.arrived).toEqual([])
  })

  test('of one service cannot be led to another host by its endpoint', async () => {
    const call = calling(emailService(target.url))
    for (const endpoint of [
      '@127.0.0.2/',
      '//127.0.0.2/',
      '/\\127.0.0.2/',
      '.evil.example.com/',
      '/a\r\nHost: evil',
    ]) {
      const { job, standing } = attempt({ endpoint })
      expect(await performHttp(call, standing, job, '{}'), endpoint).toMatchObject({
        kind: 'failed',
        error: expect.stringMatching(/^invalid_endpoint/),
      })
    }
    expect(target.arrived).toEqual([])
  })
})
