import { fieldType, type WireJob } from './protos.ts'
import { invalid } from './rpc-error.ts'

const IMMUTABLE = ['name', 'state', 'status', 'userUpdateTime', 'scheduleTime', 'lastAttemptTime']

/** The existing job with the masked fields taken from the new one; a masked field that the new one lacks is cleared. Throws INVALID_ARGUMENT. */
export function applyMask(existing: WireJob, update: WireJob, paths: readonly string[]): WireJob {
  const result = structuredClone(existing)
  for (const path of paths) {
    const fields = fieldsOf(path)
    if (!IMMUTABLE.includes(fields[0] ?? '')) copyField(result, update, fields)
  }
  return result
}

/** A path such as `http_target.uri` as field names. On the wire masks are snake_case; the service refuses camelCase. */
function fieldsOf(path: string): string[] {
  const fields = path
    .split('.')
    .map((part) => part.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()))
  let message: string | undefined = 'Job'
  for (const field of fields) message = fieldType(message ?? '', field)
  if (message === undefined || /[A-Z]/.test(path)) throw invalid(`Invalid mask for Job: ${path}`)
  return fields
}

function copyField(into: object, from: object, [field = '', ...rest]: readonly string[]): void {
  const given: unknown = Reflect.get(from, field)
  if (rest.length > 0) {
    const inner = messageOr(Reflect.get(into, field))
    Reflect.set(into, field, inner)
    copyField(inner, messageOr(given), rest)
  } else if (given === undefined) Reflect.deleteProperty(into, field)
  else Reflect.set(into, field, given)
}

function messageOr(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}
