/** What made a task: somebody, or a rule that goes on by itself. */
import type { Task, Trigger } from '@/api/types'

export const triggers: Record<Trigger, string> = {
  request: 'Made by people',
  retry: 'Made by a retry',
  schedule: 'Made by schedules',
  policy: 'Made by policies',
  hook: 'Made by pushes',
}

export const isTrigger = (word: string): word is Trigger => word in triggers

/** The page on which what makes such tasks is found. */
const places: Partial<Record<Trigger, string>> = {}

export interface Cause {
  /** "schedule nightly, due 02:00" */
  text: string
  /** What to search for, and on which page; `null` where there is nothing to look up. */
  found: { place: string; name: string } | null
}

/** Why there is this task; `null` where somebody asked for it. */
export function causeOf({ trigger, cause }: Pick<Task, 'trigger' | 'cause'>): Cause | null {
  if (trigger === 'request' || trigger === 'retry') return null
  const place = places[trigger]
  // The cause begins with what it is and its name, which an occasion may follow.
  const name = /^(?:registry hook|hook|schedule|policy) ([^,:]+)/.exec(cause)?.[1]
  return { text: cause || `a ${trigger}`, found: place && name ? { place, name: name.trim() } : null }
}
