/** A task's events for people: nodes that met the same fate within a minute share a line. */
import type { TaskEvent } from '@/api/types'

export interface EventLine {
  event: TaskEvent
  /** How many nodes of later events it stands for, and when the last of them was. */
  more: number
  until: string
}

const TOGETHER = 60_000

/** In order. Events about nodes go together by kind and reason until something else happens to the task. */
export function eventLines(events: Iterable<TaskEvent>): EventLine[] {
  const lines: EventLine[] = []
  const open = new Map<string, EventLine>()
  for (const event of events) {
    const { count, reason } = event.data
    const fate = typeof count === 'number' ? `${event.kind} ${String(reason)}` : ''
    const known = open.get(fate)
    if (known && typeof count === 'number' && Date.parse(event.at) - Date.parse(known.event.at) <= TOGETHER) {
      known.more += count
      known.until = event.at
      continue
    }
    const line = { event, more: 0, until: event.at }
    lines.push(line)
    if (fate) open.set(fate, line)
    else open.clear()
  }
  return lines
}
