/** The part of the fake API that tells others what happens. */
import type { DeliveryDetail, Webhook, WebhookRequest } from '../src/api/types'
import { json, page, problem } from './answers'
import { answerRows, wrong, type Asked } from './fakeRows'
import { newDelivery, newWebhook } from './webhookRows'

export class FakeWebhooks {
  webhooks: Webhook[] = []
  deliveries: DeliveryDetail[] = []
  /** The last wish for a webhook, as it was sent. */
  lastWish: unknown = null
  /** What becomes of a test. */
  testEnds: Partial<DeliveryDetail> = {}

  /** The answer, or `null` for paths that are about something else. */
  answer(thing: string, asked: Asked): Response | null {
    if (thing === 'webhooks') return this.answerWebhooks(asked)
    if (thing === 'deliveries') return this.answerDeliveries(asked)
    return null
  }

  private answerWebhooks(asked: Asked): Response {
    if (asked.method === 'POST' || asked.method === 'PATCH') this.lastWish = asked.body
    const webhook = this.webhooks.find(({ id }) => id === asked.id)
    if (webhook && asked.move === 'test') return this.test(webhook)
    if (webhook && asked.move === 'redeliver') return this.again(webhook, (asked.body as { since: string }).since)
    if (webhook && asked.move === 'rotate') {
      const until = { ...webhook, old_secret_until: '2099-11-24T08:00:00Z' }
      return json(200, { ...until, secret: 'whsec_the-second' })
    }
    const { url } = asked.body as Partial<WebhookRequest>
    if (url?.startsWith('http://')) return wrong('url', 'Write https://.')
    return answerRows(this.webhooks, asked, (body) => {
      const wish = body as WebhookRequest
      const address = `${new URL(wish.url).origin}/…${wish.url.slice(-4)}`
      const row = newWebhook({ name: wish.name, kind: wish.kind, url: address, events: wish.events ?? [] })
      return { ...row, secret: wish.kind === 'generic' ? 'whsec_the-first' : '' }
    })
  }

  private test(webhook: Webhook): Response {
    const waiting = newDelivery(webhook, { event: 'webhook.test', status: 'pending', attempts: 0, tried: [] })
    this.deliveries.unshift({ ...newDelivery(webhook, { event: 'webhook.test', ...this.testEnds }), id: waiting.id })
    return json(202, waiting)
  }

  private again(webhook: Webhook, since: string): Response {
    const failed = this.deliveries.filter(
      (one) => one.webhook === webhook.id && one.status === 'failed' && Date.parse(one.at) >= Date.parse(since),
    )
    for (const one of failed) one.status = 'pending'
    return json(202, { deliveries: failed.length, left: 0 })
  }

  private answerDeliveries({ id, move, url }: Asked): Response {
    const statuses = url.searchParams.getAll('status')
    const webhook = url.searchParams.get('webhook')
    const shown = this.deliveries.filter(
      (one) => (!statuses.length || statuses.includes(one.status)) && (!webhook || one.webhook === webhook),
    )
    if (!id) return json(200, page(shown, url))
    const at = this.deliveries.findIndex((one) => one.id === id)
    const delivery = this.deliveries[at]
    if (!delivery) return problem(404, 'not_found', 'Not found.')
    if (move === 'redeliver') {
      this.deliveries[at] = { ...delivery, status: 'pending', due_at: '2026-11-24T08:00:00Z' }
      return json(202, { deliveries: 1, left: 0 })
    }
    return json(200, delivery)
  }
}
