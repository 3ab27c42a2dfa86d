/** A webhook that is being written, and the request that it becomes. */
import type { EventName, Language, Webhook, WebhookChange, WebhookKind, WebhookRequest } from '@/api/types'

import { isEvent } from './events'

export interface WebhookDraft {
  tenant: string
  /** It hears of all tenants. */
  everywhere: boolean
  kind: WebhookKind
  name: string
  /** Never shown again: empty where it stays as it is. */
  url: string
  secret: string
  /** DingTalk: the robot signs no longer, its secret is forgotten. */
  unsigned: boolean
  language: Language
  keyword: string
  mobiles: string
  /** Only `events`; otherwise everything. */
  chosen: boolean
  events: EventName[]
  only_failures: boolean
  named_only: boolean
  /** Ids; none for whatever made a task. */
  schedules: string[]
  selector: string
}

export function emptyDraft(): WebhookDraft {
  return {
    tenant: '',
    everywhere: false,
    kind: 'generic',
    name: '',
    url: '',
    secret: '',
    unsigned: false,
    language: 'en',
    keyword: '',
    mobiles: '',
    chosen: false,
    events: [],
    only_failures: false,
    named_only: false,
    schedules: [],
    selector: '',
  }
}

export function draftOf(webhook: Webhook): WebhookDraft {
  const { tenant, kind, name, language, keyword, only_failures, named_only, selector } = webhook
  return {
    ...emptyDraft(),
    ...{ kind, name, language, keyword, only_failures, named_only, selector },
    tenant: tenant ?? '',
    everywhere: tenant === null,
    mobiles: webhook.at_mobiles.join(', '),
    schedules: webhook.schedules,
    chosen: webhook.events.length > 0,
    events: webhook.events.filter(isEvent),
  }
}

export function requestOf(draft: WebhookDraft): WebhookRequest {
  const { kind, tenant, everywhere } = draft
  const whose = everywhere ? { all_tenants: true } : tenant ? { tenant } : {}
  return { ...changeOf(draft), name: draft.name.trim(), url: draft.url.trim(), kind, ...whose }
}

/** What is empty of address and secret stays as it is. */
export function changeOf(draft: WebhookDraft): WebhookChange {
  const { kind, language, only_failures, named_only, schedules } = draft
  const [url, secret] = [draft.url.trim(), draft.secret.trim()]
  return {
    name: draft.name.trim(),
    ...(url && { url }),
    ...(kind !== 'slack' && secret && { secret }),
    ...(kind === 'dingtalk' && draft.unsigned && !secret && { secret: '' }),
    ...(kind !== 'generic' && { language }),
    ...(kind === 'dingtalk' && { keyword: draft.keyword.trim(), at_mobiles: parseMobiles(draft.mobiles) }),
    events: draft.chosen ? draft.events : [],
    ...{ only_failures, named_only, schedules },
    selector: draft.selector.trim(),
  }
}

/** Telephone numbers, separated by commas, semicolons or lines; what is between their digits stays. */
export function parseMobiles(text: string): string[] {
  const numbers = text.split(/[,;\n]/).map((number) => number.trim().replaceAll(' ', '-'))
  return [...new Set(numbers.filter(Boolean))]
}
