import { z } from 'zod'
import { COMPONENTS } from './components.ts'

/** A schema in the terms of JSON Schema 2020-12, which are those of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>

const PREFIX = '#/components/schemas/'

/** A schema of the components, by name. */
export function refTo(name: keyof typeof COMPONENTS): { readonly $ref: string } {
  return { $ref: PREFIX + name }
}

/** All components, each referring to the others by name. Of a body it is what may be sent, before it is changed. */
export function componentSchemas(): Readonly<Record<string, JsonSchema>> {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, { ...TERMS, uri: (id) => PREFIX + id })
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)]))
}

/** The schemas of a query's fields, by name. */
export function fieldSchemas({ shape }: z.ZodObject): [string, JsonSchema][] {
  return Object.entries(shape).map(([name, field]) => [name, plain(z.toJSONSchema(field, TERMS))])
}

const TERMS = {
  io: 'input',
  override: ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => tidy(jsonSchema),
} as const

/** A pattern that says no more than the format or the type beside it is noise. */
function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format === 'date-time' || schema.type === 'integer') delete schema.pattern
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
}

/** Without what names the schema as a document of its own. */
function plain({ $schema: _dialect, $id: _name, ...schema }: JsonSchema): JsonSchema {
  return schema
}
