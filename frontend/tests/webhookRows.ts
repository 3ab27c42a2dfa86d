/** Webhooks and deliveries as the API gives them. */
import type { Attempt, DeliveryDetail, Webhook } from '../src/api/types'

let made = 0

function id(): string {
  made += 1
  return `00000000-0000-4000-a000-${String(made).padStart(12, '0')}`
}

export function newWebhook(given: Partial<Webhook> = {}): Webhook {
  return {
    id: id(),
    tenant: 'default',
    name: 'ops channel',
    kind: 'slack',
    url: 'https://hooks.slack.com/…wxyz',
    has_secret: false,
    old_secret_until: null,
    language: 'en',
    keyword: '',
    at_mobiles: [],
    events: [],
    only_failures: false,
    named_only: false,
    schedules: [],
    selector: '',
    enabled: true,
    disabled_at: null,
    disabled_reason: '',
    failing_since: null,
    created_by: 'ada',
    created_at: '2026-11-24T08:00:00Z',
    changed_at: '2026-11-24T08:00:00Z',
    ...given,
  }
}

export function newAttempt(given: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    started_at: '2026-11-24T08:00:01Z',
    milliseconds: 42,
    together: 1,
    headers: { 'webhook-id': 'w-1' },
    status: 200,
    code: '',
    message: '',
    answer: 'ok',
    listed: false,
    ...given,
  }
}

export function newDelivery(webhook: Webhook, given: Partial<DeliveryDetail> = {}): DeliveryDetail {
  return {
    id: id(),
    webhook: webhook.id,
    webhook_name: webhook.name,
    kind: webhook.kind,
    tenant: webhook.tenant,
    event: 'task.failed',
    about: 'a-task',
    task: null,
    text: 'The task failed: of 3 nodes none succeeded.',
    sequence: 1,
    status: 'delivered',
    code: '',
    message: '',
    attempts: 1,
    at: '2026-11-24T08:00:00Z',
    due_at: null,
    finished_at: '2026-11-24T08:00:02Z',
    tried: [newAttempt()],
    request: { type: given.event ?? 'task.failed' },
    ...given,
  }
}
