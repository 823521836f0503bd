// Prism as a proxy for some documents, each on a port of its own. usage: serve.cjs [DOCUMENT PORT UPSTREAM]...
const { createLogger } = require('@stoplight/prism-core')
const { createServer } = require('@stoplight/prism-http-server')
const { getHttpOperationsFromSpec } = require('@stoplight/prism-cli/dist/operations')

async function serve (document, port, upstream) {
  const config = {
    checkSecurity: true, validateRequest: true, validateResponse: true, errors: false, isProxy: true,
    upstream: new URL(upstream), upstreamProxy: undefined, mock: { dynamic: false }
  }
  const components = { logger: createLogger('prism', { level: 'silent' }) }
  const server = createServer(await getHttpOperationsFromSpec(document), { cors: false, components, config })
  await server.listen(Number(port), '127.0.0.1')
}

async function main (told) {
  for (let at = 0; at < told.length; at += 3) await serve(...told.slice(at, at + 3))
  console.log('READY')
}

main(process.argv.slice(2))
