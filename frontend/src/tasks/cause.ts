/** What made a task: somebody, or a rule that goes on by itself. */
import type { RouteLocationRaw } from 'vue-router'

import type { Task, Trigger } from '@/api/types'

export const triggers: Record<Trigger, string> = {
  request: 'Made by people',
  retry: 'Made by a retry',
  schedule: 'Made by schedules',
  policy: 'Made by policies',
  hook: 'Made by pushes',
}

export const isTrigger = (word: string): word is Trigger => word in triggers

const words = { schedule: 'a schedule', policy: 'a policy', hook: 'a push' }

export interface Cause {
  /** "schedule nightly, due 02:00" */
  text: string
  /** Where what made it is found; `null` where there is nothing to look up. */
  to: RouteLocationRaw | null
}

type Made = Pick<Task, 'trigger' | 'cause' | 'schedule' | 'policy'>

/** Why there is this task; `null` where somebody asked for it. */
export function causeOf({ trigger, cause, schedule, policy }: Made): Cause | null {
  if (trigger === 'request' || trigger === 'retry') return null
  return { text: cause || words[trigger], to: placeOf('schedule', schedule) ?? placeOf('policy', policy) }
}

function placeOf(name: string, id: string | null): RouteLocationRaw | null {
  return id === null ? null : { name, params: { id } }
}
