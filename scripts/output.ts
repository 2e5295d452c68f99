// Whoever reads may go away (a pipe into head); what has begun is finished all the same.
process.stdout.on('error', () => undefined)

/** Writes a line for people, or the one JSON document, to the standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Writes a line to the standard error: progress, while the answer is JSON. */
export function printAside(line: string): void {
  process.stderr.write(`${line}\n`)
}
