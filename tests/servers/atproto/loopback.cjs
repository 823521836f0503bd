// Whatever listens without naming an address listens on loopback only.
const net = require('node:net')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...given) {
  if (typeof given[0] === 'number') {
    const rest = typeof given[1] === 'string' ? given.slice(2) : given.slice(1)
    return listen.call(this, { port: given[0], host: '127.0.0.1' }, ...rest.filter((one) => typeof one === 'function'))
  }
  if (given[0] && typeof given[0] === 'object' && given[0].port !== undefined && !given[0].host) {
    given[0] = { ...given[0], host: '127.0.0.1' }
  }
  return listen.apply(this, given)
}
