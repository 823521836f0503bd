// A PDS and its directory of identities, without the index of all posts. usage: network.mjs PLC_PORT PDS_PORT
import { TestNetworkNoAppView } from '@atproto/dev-env'

const [plc, pds] = process.argv.slice(2).map(Number)
await TestNetworkNoAppView.create({ plc: { port: plc }, pds: { port: pds, hostname: 'localhost' } })
console.log('READY')
