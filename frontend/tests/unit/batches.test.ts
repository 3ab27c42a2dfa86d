import { describe, expect, it } from 'vitest'

import { batches, batchesText } from '@/tasks/batches'

import { newResult } from '../rows'

const rows = [
  newResult({ node: 'skipped-before', status: 'skipped', batch: null }),
  newResult({ node: 'a', status: 'succeeded', batch: 1 }),
  newResult({ node: 'b', status: 'skipped', batch: 1 }),
  newResult({ node: 'c', status: 'succeeded', batch: 2 }),
  newResult({ node: 'd', status: 'failed', batch: 2 }),
  newResult({ node: 'e', status: 'pulling', batch: 3 }),
  newResult({ node: 'f', status: 'pending', batch: 3 }),
  newResult({ node: 'g', status: 'pending', batch: 10 }),
  newResult({ node: 'h', status: 'succeeded', batch: 4 }),
]

describe('the batches of a task', () => {
  it('come in the order in which they run, each with what happened in it', () => {
    expect(batches(rows).map(({ number, text }) => `${number} ${text}`)).toEqual([
      '1 2 nodes: 1 succeeded, 1 skipped',
      '2 2 nodes: 1 succeeded, 1 failed',
      '3 2 nodes: 1 pulling, 1 pending',
      '4 1 node: 1 succeeded',
      '10 1 node: 1 pending',
    ])
  })

  it('look like the worst that happened in them', () => {
    expect(batches(rows).map(({ tone }) => tone)).toEqual(['warn', 'bad', 'busy', 'good', 'quiet'])
  })

  it('are counted by how far they are', () => {
    expect(batchesText(batches(rows))).toBe('3 done, 1 running, 1 to come')
    expect(batchesText(batches(rows.slice(1, 3)))).toBe('1 done')
  })

  it('are none before the nodes are chosen', () => {
    expect(batches([])).toEqual([])
  })
})
