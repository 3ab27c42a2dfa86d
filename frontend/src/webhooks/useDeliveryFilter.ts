/** What of the delivery log is shown, as words of the page's address. */
import { computed, type ComputedRef, type WritableComputedRef } from 'vue'

import type { DeliveryFilter } from '@/api/webhooks'
import type { DeliveryStatus } from '@/api/types'
import { useQueryList, useQueryText } from '@/composables/useQuery'

import { isEvent } from './events'
import { deliveryStatus } from './state'

export interface DeliveryWish {
  status: WritableComputedRef<DeliveryStatus[]>
  webhook: WritableComputedRef<string>
  event: WritableComputedRef<string>
  task: WritableComputedRef<string>
}

export interface DeliveryQuery {
  wish: DeliveryWish
  filter: ComputedRef<DeliveryFilter>
  /** Whether anything is left out. */
  narrowed: ComputedRef<boolean>
}

export function useDeliveryFilter(): DeliveryQuery {
  const wish: DeliveryWish = {
    status: useQueryList('status', (word): word is DeliveryStatus => word in deliveryStatus, ['page']),
    webhook: useQueryText('webhook', ['page']),
    event: useQueryText('event', ['page']),
    task: useQueryText('task', ['page']),
  }
  const event = computed(() => {
    const name = wish.event.value
    return isEvent(name) || name === 'webhook.test' ? name : null
  })
  const filter = computed<DeliveryFilter>(() => ({
    ...(wish.status.value.length && { status: wish.status.value }),
    ...(wish.webhook.value && { webhook: wish.webhook.value }),
    ...(event.value && { event: [event.value] }),
    ...(wish.task.value && { task: wish.task.value }),
  }))
  return { wish, filter, narrowed: computed(() => Object.keys(filter.value).length > 0) }
}
