// One of each call through the unmodified client, then wait until all were delivered.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, maxRetries: 0, flushAt: 3 })
const failures = []
analytics.on('error', (error) => failures.push(String(error.reason ?? error.code ?? error)))

const who = { userId: 'n1', anonymousId: 'na1' }
analytics.identify({ ...who, traits: { email: 'node@example.com', plan: 'gold' } })
analytics.track({ ...who, event: 'Order Completed', properties: { order_id: 'o-1', total: 99.5 } })
analytics.page({ anonymousId: 'na1', name: 'Home', properties: { url: 'https://shop.example/' } })
analytics.screen({ anonymousId: 'na1', name: 'Start' })
analytics.group({ userId: 'n1', groupId: 'g1', traits: { name: 'Acme' } })
analytics.alias({ userId: 'n1', previousId: 'n0' })
analytics.track({ anonymousId: 'na1', event: 'Łódź ☕', timestamp: new Date('2026-01-02T03:04:05.678Z') })
await analytics.closeAndFlush({ timeout: 20000 })
if (failures.length) {
  console.error(failures.join('\n'))
  process.exit(1)
}
