import { describe, expect, it } from 'vitest'

import { TaskFeed } from '@/tasks/feed'

import { newResult, newTask } from '../rows'

const answer = (change: number, nodes: [string, number][], more = false) => ({
  change,
  task: { ...newTask(), change },
  nodes: nodes.map(([node, at]) => newResult({ node, change: at })),
  events: [],
  more,
})

describe('a task’s feed', () => {
  it('keeps the rows of every answer', () => {
    const feed = new TaskFeed()

    feed.merge(answer(2, [['a', 1], ['b', 2]], true))
    feed.merge(answer(3, [['c', 3]]))

    expect([...feed.nodes.keys()]).toEqual(['a', 'b', 'c'])
    expect(feed.after).toBe(3)
    expect(feed.more).toBe(false)
  })

  it('replaces a row by a newer one', () => {
    const feed = new TaskFeed()

    feed.merge(answer(1, [['a', 1]]))
    feed.merge({ ...answer(2, []), nodes: [newResult({ node: 'a', status: 'succeeded', change: 2 })] })

    expect(feed.nodes.get('a')?.status).toBe('succeeded')
  })

  it('never goes back when an old answer arrives late', () => {
    const feed = new TaskFeed()

    feed.merge({ ...answer(5, []), nodes: [newResult({ node: 'a', status: 'failed', change: 5 })] })
    const isNew = feed.merge({ ...answer(4, []), nodes: [newResult({ node: 'a', status: 'pulling', change: 4 })] })

    expect(isNew).toBe(false)
    expect(feed.nodes.get('a')?.status).toBe('failed')
    expect(feed.after).toBe(5)
    expect(feed.task?.change).toBe(5)
  })

  it('shows an event once, though it arrives twice', () => {
    const feed = new TaskFeed()
    const event = { change: 1, at: '2026-11-24T08:00:00Z', kind: 'note', text: 'Batch 1 started', data: {} }

    feed.merge({ ...answer(1, []), events: [event] })
    feed.merge({ ...answer(1, []), events: [event] })

    expect(feed.events).toEqual([event])
  })

  it('orders events by their change, whatever order they came in', () => {
    const feed = new TaskFeed()
    const event = (change: number) => ({ change, at: '2026-11-24T08:00:00Z', kind: 'note', text: `event ${change}`, data: {} })

    feed.merge({ ...answer(3, []), events: [event(3)] })
    feed.merge({ ...answer(3, []), events: [event(1), event(2)] })

    expect(feed.events.map(({ change }) => change)).toEqual([1, 2, 3])
  })
})
