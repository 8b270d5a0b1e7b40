// The driver side of the harness; the protocol is described in ../python/lines.py.

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

// Library logs go where the harness looks for them: stdout carries answers only.
for (const level of ['log', 'info', 'warn', 'debug']) console[level] = console.error

/**
 * Exits unless `lo` is the only network interface of this process's namespace.
 */
export function refuseOutsideLoopback() {
  const table = readFileSync('/proc/self/net/dev', 'ascii').trim().split('\n').slice(2)
  const names = table.map((line) => line.split(':')[0].trim())
  if (names.length !== 1 || names[0] !== 'lo') {
    console.error(`a client library may only run where lo is the only interface, here: ${names}`)
    process.exit(1)
  }
}

/**
 * Writes one JSON line to the harness.
 */
export function emit(message) {
  process.stdout.write(JSON.stringify(message) + '\n')
}

/**
 * Answers requests one after another with the methods of `driver`.
 */
export async function serve(driver) {
  refuseOutsideLoopback()
  // Libraries raise from their background loops too; the harness reads the log on failure.
  process.on('unhandledRejection', (error) => console.error('unhandled', error))
  for await (const line of createInterface({ input: process.stdin })) {
    const { request, do: verb, ...fields } = JSON.parse(line)
    try {
      emit({ request, ok: true, ...(await driver[verb](fields)) })
    } catch (error) {
      const why = error.errorMessage ?? error.text ?? error.message
      emit({ request, ok: false, error: `${error.name}: ${why}` })
      console.error(error)
    }
    if (verb === 'disconnect' || verb === 'log_out') break
  }
  // Timers of the library must not keep the process; what was written is flushed first.
  process.stdout.write('', () => process.exit(0))
}
