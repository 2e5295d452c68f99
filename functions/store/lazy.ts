import type { Documents } from './documents.ts'

/** Documents that are opened at their first use, so that a process answers before it; an opening that failed is tried again. */
export function lazyDocuments(open: () => Promise<Documents>): Documents {
  let opened: Promise<Documents> | null = null
  const documents = () => {
    opened ??= open().catch((error: unknown) => {
      opened = null
      throw error
    })
    return opened
  }
  return {
    get: async (refs) => (await documents()).get(refs),
    query: async (query) => (await documents()).query(query),
    commit: async (changes) => (await documents()).commit(changes),
    close: async () => {
      await (await opened?.catch(() => null))?.close()
    },
  }
}
