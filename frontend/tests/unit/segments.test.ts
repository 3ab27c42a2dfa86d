import { describe, expect, it } from 'vitest'

import type { Counts } from '@/api/types'
import { barText, progress, segments, settled } from '@/tasks/segments'

const counts = (given: Partial<Counts>): Counts => {
  const all = { pending: 0, active: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, ...given }
  const { pending, active, succeeded, failed, skipped, cancelled } = all
  return { desired: pending + active + succeeded + failed + skipped + cancelled, ...all }
}

describe('a task’s bar', () => {
  it.each([
    counts({ succeeded: 1 }),
    counts({ succeeded: 97, failed: 2, skipped: 1 }),
    counts({ succeeded: 3_333, failed: 333, skipped: 33, cancelled: 3, active: 5, pending: 1_293 }),
    counts({ pending: 7 }),
  ])('is always full, and its nodes add up ($desired)', (given) => {
    const shown = segments(given)

    expect(shown.reduce((sum, segment) => sum + segment.percent, 0)).toBeCloseTo(100, 9)
    expect(shown.reduce((sum, segment) => sum + segment.nodes, 0)).toBe(given.desired)
  })

  it('shows one failed node among thousands', () => {
    expect(segments(counts({ succeeded: 4_999, failed: 1 })).map((segment) => segment.status)).toEqual([
      'succeeded',
      'failed',
    ])
  })

  it('is empty while no node has been chosen', () => {
    expect(segments(counts({}))).toEqual([])
    expect(barText(counts({}))).toBe('No nodes yet')
  })

  it('can be listened to', () => {
    expect(barText(counts({ succeeded: 2, failed: 1 }))).toBe('3 nodes: 2 succeeded, 1 failed')
  })
})

describe('progress', () => {
  it('counts every node that has its final verdict', () => {
    expect(settled(counts({ succeeded: 1, failed: 2, skipped: 3, cancelled: 4, active: 5, pending: 6 }))).toBe(10)
  })

  it('is 100 only when nothing is left to do', () => {
    expect(progress(counts({ succeeded: 4_999, pending: 1 }))).toBe(99)
    expect(progress(counts({ succeeded: 4_999, failed: 1 }))).toBe(100)
    expect(progress(counts({}))).toBe(0)
  })
})
