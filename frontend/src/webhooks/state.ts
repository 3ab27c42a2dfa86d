/** How a webhook fares, and what became of a delivery. */
import {
  CircleCheckFilled,
  CircleCloseFilled,
  Clock,
  RemoveFilled,
  WarningFilled,
} from '@element-plus/icons-vue'

import type { Attempt, Delivery, DeliveryStatus, Webhook } from '@/api/types'
import { endsIn } from '@/tasks/format'
import type { Look } from '@/tasks/status'

export type WebhookState = 'good' | 'failing' | 'disabled' | 'stopped'

export const webhookState: Record<WebhookState, Look> = {
  good: { label: 'Works', tone: 'good', icon: CircleCheckFilled },
  failing: { label: 'Failing', tone: 'warn', icon: WarningFilled },
  disabled: { label: 'Disabled', tone: 'off', icon: RemoveFilled },
  stopped: { label: 'Stopped by IPS', tone: 'bad', icon: CircleCloseFilled },
}

/** `stopped` is one that failed until nothing more was sent: somebody has to look at it. */
export function stateOf(webhook: Webhook): WebhookState {
  if (!webhook.enabled) return webhook.disabled_reason ? 'stopped' : 'disabled'
  return webhook.failing_since ? 'failing' : 'good'
}

export const deliveryStatus: Record<DeliveryStatus, Look> = {
  pending: { label: 'Waiting', tone: 'quiet', icon: Clock },
  delivered: { label: 'Delivered', tone: 'good', icon: CircleCheckFilled },
  failed: { label: 'Failed', tone: 'bad', icon: CircleCloseFilled },
}

/** What became of one try: an attempt without a code of what went wrong went well. */
export function attemptLook(attempt: Attempt): Look {
  return deliveryStatus[attempt.code ? 'failed' : 'delivered']
}

/** When it is tried next, in words; empty when it is not. */
export function nextTry({ status, due_at }: Delivery, now: number): string {
  if (status !== 'pending' || !due_at) return ''
  return Date.parse(due_at) <= now ? 'now' : endsIn(due_at, now)
}
