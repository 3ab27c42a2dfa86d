/** The kinds of webhooks: what each is for, and what its address looks like. */
import type { Language, WebhookKind } from '@/api/types'

interface KindWords {
  label: string
  what: string
  address: string
  /** Where the address is found. */
  where: string
  /** Whether people read it, in their language. */
  chats: boolean
}

export const kinds: Record<WebhookKind, KindWords> = {
  generic: {
    label: 'Generic',
    what: 'For programs: JSON, signed as Standard Webhooks says.',
    address: 'https://ci.example.com/ips',
    where: 'Where the messages are sent, by POST',
    chats: false,
  },
  slack: {
    label: 'Slack',
    what: 'A message in a channel, with the first failures and a link.',
    address: 'https://hooks.slack.com/services/T…/B…/…',
    where: 'From Slack: your app, “Incoming Webhooks”',
    chats: true,
  },
  dingtalk: {
    label: 'DingTalk',
    what: 'A message in a group, by its robot.',
    address: 'https://oapi.dingtalk.com/robot/send?access_token=…',
    where: 'From DingTalk: the group’s settings, “Robots”, a custom robot',
    chats: true,
  },
}

export const languages: Record<Language, string> = { en: 'English', zh: '中文' }
