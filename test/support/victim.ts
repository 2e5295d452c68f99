import type { FunctionProcess } from './function-process.ts'
import type { Told } from './ledger.ts'
import type { Call, Hooks } from './store-line.ts'
import { purposeOf } from './wire.ts'

/** Something that a process does, as it is seen from outside: a call that leaves for the store or comes back, or a word to the ledger. */
export type Moment = `asked ${string}` | `answered ${string}` | Told['what']

/** When to kill: at the nth moment of this kind, or (`any`) at the nth of all. */
export interface Point {
  readonly moment: Moment | 'any'
  readonly nth: number
}

const NEVER = new Promise<never>(() => {})

/** Watches one process from outside and kills it at its point: what it was doing then neither goes on nor comes back. */
export class Victim {
  readonly point: Point
  /** What it did, in order, up to its death. */
  readonly moments: Moment[] = []
  #process: FunctionProcess | null = null
  #isDead = false

  constructor(point: Point) {
    this.point = point
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** The process that this is about. */
  becomes(process: FunctionProcess): void {
    this.#process = process
  }

  /** To be called for each word that the ledger hears. */
  async hear({ pid, what }: Told): Promise<void> {
    if (pid === this.#process?.child.pid) await this.#see(what)
  }

  /** For its line to the store. */
  hooks(): Hooks {
    const see = (when: 'asked' | 'answered') => async (call: Call) => {
      await this.#see(`${when} ${purposeOf(call)}`)
      return null
    }
    return { asked: see('asked'), answered: see('answered') }
  }

  /** Resolves at once, unless this is the moment (or it has passed): then the process is dead and this never resolves. */
  async #see(moment: Moment): Promise<void> {
    if (this.#isDead) return NEVER
    this.moments.push(moment)
    const { moment: wanted, nth } = this.point
    const count = this.moments.filter((one) => wanted === 'any' || one === wanted).length
    if (count < nth || (wanted !== 'any' && moment !== wanted)) return
    this.#isDead = true
    await this.#process?.kill()
    return NEVER
  }
}
