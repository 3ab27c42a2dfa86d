/** Who is told what happens, and how that went. */
import type { ListFilter } from './accounts'
import { asRead, byId, given, unlessChanged, type Read } from './answer'
import { http } from './client'
import type {
  Delivery,
  DeliveryDetail,
  DeliveryStatus,
  EventName,
  Page,
  Redelivered,
  Webhook,
  WebhookChange,
  WebhookMade,
  WebhookRequest,
} from './types'

export interface DeliveryFilter extends Omit<ListFilter, 'search'> {
  status?: DeliveryStatus[]
  event?: (EventName | 'webhook.test')[]
  /** Ids. */
  webhook?: string
  task?: string
}

export const webhooks = {
  async webhooks(query: ListFilter, signal?: AbortSignal): Promise<Page<Webhook>> {
    return given(await http.GET('/api/v1/webhooks/', { params: { query }, signal }))
  },

  async webhook(id: string): Promise<Read<Webhook>> {
    return asRead(await http.GET('/api/v1/webhooks/{id}/', byId(id)))
  },

  /** The answer alone has the secret of a generic one. */
  async makeWebhook(body: WebhookRequest): Promise<WebhookMade> {
    return given(await http.POST('/api/v1/webhooks/', { body }))
  },

  async changeWebhook(id: string, body: WebhookChange, etag: string): Promise<Webhook> {
    return given(await http.PATCH('/api/v1/webhooks/{id}/', { ...unlessChanged(id, etag), body }))
  },

  /** One that is enabled again begins anew, whatever made it stop; that holds whatever else has changed. */
  async turnWebhook(id: string, enabled: boolean): Promise<Webhook> {
    return given(await http.PATCH('/api/v1/webhooks/{id}/', { ...byId(id), body: { enabled } }))
  },

  async deleteWebhook(id: string): Promise<void> {
    await http.DELETE('/api/v1/webhooks/{id}/', byId(id))
  },

  /** A message that is tried once; how that went stands in its delivery. */
  async testWebhook(id: string): Promise<Delivery> {
    return given(await http.POST('/api/v1/webhooks/{id}/test/', byId(id)))
  },

  /** A new secret, which this answer alone has; for so many hours both sign. */
  async rotateWebhook(id: string, overlap_hours: number): Promise<WebhookMade> {
    return given(await http.POST('/api/v1/webhooks/{id}/rotate/', { ...byId(id), body: { overlap_hours } }))
  },

  /** Send again what failed of what happened since then, so many at once; `left` says how many more there are. */
  async redeliverSince(id: string, since: string): Promise<Redelivered> {
    return given(await http.POST('/api/v1/webhooks/{id}/redeliver/', { ...byId(id), body: { since } }))
  },

  /** Newest first. */
  async deliveries(query: DeliveryFilter, signal?: AbortSignal): Promise<Page<Delivery>> {
    return given(await http.GET('/api/v1/deliveries/', { params: { query }, signal }))
  },

  /** With every try, and what went out. */
  async delivery(id: string, signal?: AbortSignal): Promise<DeliveryDetail> {
    return given(await http.GET('/api/v1/deliveries/{id}/', { ...byId(id), signal }))
  },

  async redeliver(id: string): Promise<void> {
    await http.POST('/api/v1/deliveries/{id}/redeliver/', byId(id))
  },
}
