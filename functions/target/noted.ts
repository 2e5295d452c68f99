import type { Effect, EffectOptions } from './handler.ts'
import type { Notes } from './intents.ts'

/** Meets one effect: performs it for real, or answers in its place. */
export type Meet = (
  key: string,
  perform: (idempotencyKey: string) => Promise<unknown>,
  options: EffectOptions<unknown>,
) => Promise<unknown>

/** Effects that are noted as they are asked for, under `prefix` and their key; asked for twice under one key, they are one. */
export function notedEffect(notes: Notes, prefix: string, meet: Meet): Effect {
  const effects = new Map<string, Promise<unknown>>()
  return <T>(
    key: string,
    input: unknown,
    act: (idempotencyKey: string) => Promise<T>,
    options: EffectOptions<T> = {},
  ) => {
    notes.asked({ key: `${prefix}${key}`, input })
    const noting = async (idempotencyKey: string) => {
      try {
        const result = await act(idempotencyKey)
        notes.performed()
        return result
      } catch (error) {
        notes.failed()
        throw error
      }
    }
    const begun = effects.get(key) ?? meet(key, noting, options)
    effects.set(key, begun)
    begun.catch(() => effects.delete(key))
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what was stored under this key is what `act` returned
    return begun as Promise<T>
  }
}
