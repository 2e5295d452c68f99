/** One line of a Markdown text; `isCode`: it belongs to a fenced block, or fences it. */
interface Line {
  readonly text: string
  readonly isCode: boolean
}

/** The headings of a Markdown text, in order. */
export function headingsOf(text: string): string[] {
  return linesOf(text).flatMap((line) => headingIn(line) ?? [])
}

/** A heading's address within its page, as GitHub makes it. */
export function anchorOf(heading: string): string {
  const plain = heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '')
  return `#${plain.replaceAll(' ', '-')}`
}

/** What stands under a heading, up to the next of any level; it is named by its text or its address. Throws where there is none. */
export function sectionOf(text: string, named: string): string {
  const lines = linesOf(text)
  const isNamed = (heading: string | null) =>
    heading !== null && (heading === named || anchorOf(heading) === named)
  const start = lines.findIndex((line) => isNamed(headingIn(line)))
  if (start < 0) throw new Error(`There is no heading ${named}.`)
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => headingIn(line) !== null)
  return rest
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.text)
    .join('\n')
}

/** The targets of a Markdown text's links and pictures. */
export function linksOf(text: string): string[] {
  const prose = linesOf(text).map((line) => (line.isCode ? '' : line.text))
  const plain = prose.join('\n').replaceAll(/`[^`]*`/g, '')
  return [...plain.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target)
}

/** The lines of a Markdown text, in order. */
export function linesOf(text: string): Line[] {
  let isFenced = false
  return text.split('\n').map((line) => {
    const isFence = /^\s*```/.test(line)
    if (isFence) isFenced = !isFenced
    return { text: line, isCode: isFence || isFenced }
  })
}

function headingIn({ text, isCode }: Line): string | null {
  return isCode ? null : (/^#+ (.+)$/.exec(text)?.[1] ?? null)
}
