import { type Route, routesOn, type Surface } from '../../auth/policy.ts'
import { CONTRACT, type Operation } from '../contract.ts'
import { COMPONENTS } from './components.ts'
import { byStatus, refusalsOf } from './refusals.ts'
import { componentSchemas, fieldSchemas, type JsonSchema, refTo } from './schemas.ts'
import { rolesOf, SCHEMES, securityOf } from './security.ts'

/** An OpenAPI 3.1 description. */
export type OpenApi = Readonly<Record<string, unknown>>

/** Describes a service with this surface: every route that it serves, from the schemas that check requests. */
export function describeApi(surface: Surface): OpenApi {
  const routes = routesOn(surface)
  const paths = Map.groupBy(routes, pathOf)
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Tickover',
      version: '1',
      description:
        'Runs scheduled jobs. Errors are application/problem+json with a stable code; further fields may come to any answer.',
    },
    paths: Object.fromEntries(
      [...paths].map(([path, own]) => [
        path,
        Object.fromEntries(own.map((route) => [methodOf(route), describe(route, surface)])),
      ]),
    ),
    components: { schemas: componentSchemas(), securitySchemes: SCHEMES },
  }
}

function describe(route: Route, surface: Surface) {
  const { summary, body } = CONTRACT[route]
  const roles = rolesOf(route)
  return {
    operationId: idOf(route),
    summary,
    ...(roles !== null && { description: `For the roles ${roles.join(', ')}.` }),
    security: securityOf(route, surface),
    parameters: parametersOf(route),
    ...(body !== undefined && {
      requestBody: { required: !COMPONENTS[body].safeParse({}).success, content: json(refTo(body)) },
    }),
    responses: { ...answersOf(CONTRACT[route]), ...problemsOf(route, surface) },
  }
}

function parametersOf(route: Route) {
  const { query, headers = {} } = CONTRACT[route]
  const text = { type: 'string' }
  const inPath = [...route.matchAll(/:(\w+)/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: text }
  })
  const inQuery = (query === undefined ? [] : fieldSchemas(query)).map(([name, schema]) => {
    return { name, in: 'query', required: false, schema }
  })
  const inHeader = Object.entries(headers).map(([name, description]) => {
    return { name, in: 'header', required: false, description, schema: text }
  })
  return [...inPath, ...inQuery, ...inHeader]
}

function answersOf({ answers }: Operation) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [
      status,
      {
        description: DESCRIPTIONS[status] ?? 'Done',
        content: typeof answer === 'string' ? json(refTo(answer)) : { [answer.media]: {} },
      },
    ]),
  )
}

const DESCRIPTIONS: Readonly<Record<string, string>> = { 200: 'Done', 201: 'Made', 202: 'It goes on' }

function problemsOf(route: Route, surface: Surface) {
  return Object.fromEntries(
    [...byStatus(refusalsOf(route, surface))].map(([status, codes]) => [
      status,
      {
        description: codes.join(', '),
        content: {
          'application/problem+json': {
            schema: { ...refTo('Problem'), properties: { code: { enum: codes } } },
          },
        },
      },
    ]),
  )
}

function json(schema: JsonSchema) {
  return { 'application/json': { schema } }
}

/** Both ways of writing a parameter name it the same. */
function pathOf(route: Route): string {
  return route.slice(route.indexOf(' ') + 1).replaceAll(/:(\w+)/g, '{$1}')
}

function methodOf(route: Route): string {
  return route.slice(0, route.indexOf(' ')).toLowerCase()
}

/** Such as `post_api_jobs_name_trigger`. */
function idOf(route: Route): string {
  return route.toLowerCase().replaceAll(/\W+/g, '_')
}
