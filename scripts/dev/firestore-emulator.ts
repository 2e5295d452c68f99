import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './stack/ports.ts'

/** The official Firestore emulator, running. */
export interface FirestoreEmulator {
  /** `127.0.0.1:port`, as FIRESTORE_EMULATOR_HOST wants it. */
  readonly host: string
  stop(): Promise<void>
}

const MAIN_CLASS = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore'
const JAR = 'cloud-firestore-emulator.jar'
const MOST_TRIES = 3
const PATIENCE_MS = 60_000
const LOOK_MS = 50

/**
 * Starts the emulator on a free port and resolves once it answers. It dies with this process, however that ends. Rejects,
 * saying what is missing and how to get it, where there is none. `rules` is a file of security rules.
 */
export async function startFirestoreEmulator(rules?: string): Promise<FirestoreEmulator> {
  const jar = await findJar()
  let trouble = ''
  for (let n = 0; n < MOST_TRIES; n += 1) {
    const started = await tryStart(jar, await freePort(), rules)
    if (typeof started !== 'string') return started
    trouble = started
  }
  throw new Error(`The Firestore emulator did not start (it needs Java 17 or later as \`java\`): ${trouble}`)
}

/** A shell stands between: it kills the emulator when its own input ends, which it does even if this process is killed. */
const GUARD = '"$@" </dev/null & child=$!; exec >&- 2>&-; cat >/dev/null; kill -9 "$child"'

async function tryStart(jar: string, port: number, rules?: string): Promise<FirestoreEmulator | string> {
  const options = ['start', '--host', '127.0.0.1', '--port', String(port)]
  if (rules !== undefined) options.push('--rules', rules)
  const java = ['java', '-Duser.language=en', '-cp', jar, MAIN_CLASS, ...options]
  // A group of its own keeps the terminal's Ctrl-C from it: what drains still needs its store.
  const guard = spawn('sh', ['-c', GUARD, 'sh', ...java], { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  let said = ''
  let hasEnded = false
  const listen = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000)
  }
  guard.stdout.on('data', listen).on('end', () => {
    hasEnded = true
  })
  guard.stderr.on('data', listen)
  const stop = async () => {
    guard.stdin.end()
    if (guard.exitCode === null) await once(guard, 'exit')
  }
  const host = `127.0.0.1:${port}`
  if (await answers(host, () => hasEnded)) return { host, stop }
  await stop()
  return said
}

async function answers(host: string, hasEnded: () => boolean): Promise<boolean> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end && !hasEnded(); ) {
    const response = await fetch(`http://${host}/`).catch(() => null)
    if (response?.ok) return true
    await pause(LOOK_MS)
  }
  return false
}

/** From the Google Cloud SDK, else from the copy that firebase-tools downloads. */
async function findJar(): Promise<string> {
  const roots = [rootOfGcloud(), await rootByGcloudInfo()].filter((root) => root !== null)
  const jars = roots.map((root) => join(root, 'platform', 'cloud-firestore-emulator', JAR))
  const cache = process.env.FIREBASE_EMULATORS_PATH ?? join(homedir(), '.cache', 'firebase', 'emulators')
  jars.push(...globSync(join(cache, 'cloud-firestore-emulator-v*.jar')).toSorted().toReversed())
  const found = jars.find((jar) => existsSync(jar))
  if (found === undefined)
    throw new Error(
      'The Firestore emulator is missing. Install it with `gcloud components install cloud-firestore-emulator`, ' +
        'with `apt-get install google-cloud-cli-firestore-emulator`, or with `npx firebase-tools setup:emulators:firestore`.',
    )
  return found
}

/** The folder of the installed Google Cloud SDK; null where there is none. */
export function rootOfGcloud(): string | null {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'gcloud'))
  const gcloud = places.find((place) => existsSync(place))
  return gcloud === undefined ? null : dirname(dirname(realpathSync(gcloud)))
}

async function rootByGcloudInfo(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('gcloud', ['info', '--format=value(installation.sdk_root)'])
    return stdout.trim()
  } catch {
    return null
  }
}
