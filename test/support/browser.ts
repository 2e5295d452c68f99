import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts Chromium without a window, from `CHROMIUM` or where Debian has it. Rejects, saying how to get it, where there is none. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executablePath))
    throw new Error(
      `The tests of the page need Chromium, and there is none at ${executablePath}. Install it (Debian: apt-get install chromium), or set CHROMIUM to where it is.`,
    )
  return chromium.launch({ executablePath, args: FLAGS })
}
