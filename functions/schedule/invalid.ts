import { type Problem, TickoverError } from '../errors.ts'

/** The error for a schedule with these problems (at least one); its message names every one of them. */
export function invalidSchedule(problems: readonly Problem[]): TickoverError {
  const text = problems.map((problem) => `${problem.field}: ${problem.message}`).join('; ')
  return new TickoverError('invalid_schedule', `The schedule is not valid. ${text}`, { problems })
}
