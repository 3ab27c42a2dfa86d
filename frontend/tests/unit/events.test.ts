import { describe, expect, it } from 'vitest'

import type { TaskEvent } from '@/api/types'
import { eventLines } from '@/tasks/events'

let change = 0

function event(second: number, kind: string, text: string, data: Record<string, unknown> = {}): TaskEvent {
  change += 1
  return { change, at: new Date(Date.UTC(2026, 10, 25, 22, 0, second)).toISOString(), kind, text, data }
}

const failed = (second: number, node: string, count = 1, reason = 'disk_full') =>
  event(second, 'nodes_failed', node, { reason, count })

const told = (...events: TaskEvent[]) =>
  eventLines(events).map(({ event, more }) => (more ? `${event.text} +${more}` : event.text))

describe('events about nodes', () => {
  it('that tell the same fate share a line, which says how many more and until when', () => {
    const lines = eventLines([failed(0, 'n1'), failed(3, 'n2'), failed(9, 'n3', 4)])

    expect(lines).toHaveLength(1)
    expect(lines[0]?.more).toBe(5)
    expect(lines[0]?.until).toBe('2026-11-25T22:00:09.000Z')
  })

  it('stay apart when they tell different fates, even when these alternate', () => {
    const alternating = [failed(0, 'n1'), failed(1, 'n2', 1, 'evicted'), failed(2, 'n3'), failed(3, 'n4', 1, 'evicted')]

    expect(told(...alternating)).toEqual(['n1 +1', 'n2 +1'])
  })

  it('begin a new line after a minute', () => {
    expect(told(failed(0, 'n1'), failed(61, 'n2'))).toEqual(['n1', 'n2'])
  })

  it('are not moved before what happened to the task in between', () => {
    expect(told(failed(0, 'n1'), event(1, 'paused', 'otto paused'), failed(2, 'n2'))).toEqual(['n1', 'otto paused', 'n2'])
  })
})
