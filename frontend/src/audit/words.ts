/** The audit's actions as people say them; one that is not known here is shown as the API names it. */
import { CircleCheckFilled, CircleCloseFilled } from '@element-plus/icons-vue'

import type { AuditOutcome } from '@/api/types'
import type { Look } from '@/tasks/status'

export const actions: Record<string, string> = {
  'task.created': 'Task created',
  'task.cancelled': 'Task cancelled',
  'task.paused': 'Task paused',
  'task.resumed': 'Task resumed',
  'task.retried': 'Task retried',
  'image_list.created': 'Image list created',
  'image_list.changed': 'Image list changed',
  'image_list.deleted': 'Image list deleted',
  'settings.changed': 'Settings changed',
  'session.opened': 'Signed in',
  'session.ended': 'Session ended',
  'session.refused': 'Sign-in refused',
  'user.created': 'User created',
  'user.changed': 'User changed',
  'user.password_set': 'Password set',
  'user.reset_link_made': 'Reset link made',
  'tenant.created': 'Tenant created',
  'tenant.changed': 'Tenant changed',
  'membership.created': 'Member added',
  'membership.changed': 'Role changed',
  'membership.ended': 'Member removed',
  'api_key.created': 'API key made',
  'api_key.rotated': 'API key rotated',
  'api_key.revoked': 'API key revoked',
  'schedule.created': 'Schedule made',
  'schedule.changed': 'Schedule changed',
  'schedule.deleted': 'Schedule deleted',
  'schedule.paused': 'Schedule paused',
  'schedule.resumed': 'Schedule goes on',
  'schedule.run': 'Schedule run now',
  'schedules.paused': 'All schedules paused',
  'schedules.resumed': 'All schedules go on',
  'registry_hook.created': 'Registry hook made',
  'registry_hook.changed': 'Registry hook changed',
  'registry_hook.deleted': 'Registry hook deleted',
  'registry_hook.rotated': 'Registry hook’s credentials rotated',
  'policy.created': 'Policy made',
  'policy.changed': 'Policy changed',
  'policy.deleted': 'Policy deleted',
  'policy.paused': 'Policy paused',
  'policy.resumed': 'Policy goes on',
  'policy.checked': 'Policy checked',
  'webhook.created': 'Webhook made',
  'webhook.changed': 'Webhook changed',
  'webhook.deleted': 'Webhook deleted',
  'webhook.rotated': 'Webhook’s secret rotated',
  'webhook.disabled': 'Webhook stopped by IPS',
  'webhook.tested': 'Webhook tested',
  'webhook.redelivered': 'Failed deliveries sent again',
  'delivery.redelivered': 'Delivery sent again',
  'request.refused': 'Request refused',
}

export const actionWords = (action: string) => actions[action] ?? action

export const outcomes: Record<AuditOutcome, Look> = {
  done: { label: 'Done', tone: 'good', icon: CircleCheckFilled },
  refused: { label: 'Refused', tone: 'bad', icon: CircleCloseFilled },
}
