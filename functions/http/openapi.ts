import type { Deps, Handler } from './surface.ts'

/** GET /openapi.json: what this service can be asked, made of the schemas that check it, at the first request for it. */
export function openApiRoutes({ config }: Pick<Deps, 'config'>): { 'GET /openapi.json': Handler } {
  let document: Promise<string> | null = null
  const write = async () => {
    const { describeApi } = await import('./contract/document.ts')
    return JSON.stringify(describeApi(config.surface))
  }
  return {
    'GET /openapi.json': async (c) => {
      document ??= write()
      return c.body(await document, 200, { 'Content-Type': 'application/json' })
    },
  }
}
