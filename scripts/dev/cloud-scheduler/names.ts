import { invalid } from './rpc-error.ts'

const LOCATION = /^projects\/[A-Za-z0-9:.-]+\/locations\/[A-Za-z0-9-]+$/
const JOB_ID = /^[A-Za-z0-9_-]{1,500}$/

/** Throws INVALID_ARGUMENT unless this is `projects/P/locations/L`. */
export function checkParent(parent: string): void {
  if (!LOCATION.test(parent)) throw invalid(`Invalid resource field value: parent "${parent}".`)
}

/** Throws INVALID_ARGUMENT unless this is `projects/P/locations/L/jobs/J`. */
export function checkName(name: string): void {
  const [parent = '', id = '', ...rest] = name.split('/jobs/')
  if (!LOCATION.test(parent) || !JOB_ID.test(id) || rest.length > 0) {
    throw invalid(
      `Job.name must be projects/P/locations/L/jobs/J with J of letters, digits, "-" or "_": "${name}".`,
    )
  }
}
