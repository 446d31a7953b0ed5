/** The OpenAPI document, made from the contract. */
import { type OpenAPI, OpenAPIGenerator } from '@orpc/openapi'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'
import { contract } from '../../src-preload/contract/index.ts'

/** @param version of the program */
export async function describeApi(version: string): Promise<OpenAPI.Document> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
  const document = await generator.generate(contract, {
    info: {
      title: 'Headframe',
      version,
      description:
        'Everything the window can do. Send the token of the data directory as "Authorization: Bearer …". ' +
        'Moments are epoch milliseconds, rates hashes per second.',
    },
    servers: [{ url: '/api' }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  })
  // The one call that the hosts let through without a token.
  const health = document.paths?.['/health']?.get
  if (health) health.security = []
  return document
}
