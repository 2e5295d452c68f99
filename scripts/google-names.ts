/** How Cloud Run names services and revisions, and Google Cloud its regions: none can be taken for an option. */
export const NAME = /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/

/** How Google Cloud names projects. */
export const PROJECT = /^([a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{0,61}[a-z0-9]$/

/** What is wrong with the value of an option; nothing when it has the form. `what` it wants is told where there is none. */
export function nameProblem(option: string, value: string | null, form: RegExp, what = 'NAME'): string[] {
  if (value === null) return [`say ${option} ${what}`]
  return form.test(value) ? [] : [`${option} "${value}" is no name that Google Cloud gives`]
}
