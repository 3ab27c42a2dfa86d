import { describe, expect, it } from 'vitest'

import { commandsFor, pick, reasonTones, totalBytes, type ResultFilter } from '@/tasks/results'

import { newGroup, newResult } from '../rows'

const everything: ResultFilter = { status: '', reason: '', batch: null, search: '' }
const image = { image: 'nginx', outcome: 'failed', message: '', hint: '', seconds: null, waited_seconds: null, bytes: null } as const

const rows = [
  newResult({ node: 'node-10', status: 'succeeded' }),
  newResult({ node: 'node-9', status: 'succeeded' }),
  newResult({ node: 'node-2', status: 'failed', reason: 'image_not_found', message: 'manifest unknown' }),
  newResult({ node: 'node-3', status: 'pulling', batch: 2 }),
  newResult({ node: 'node-1', status: 'failed', reason: 'mixed', images: [{ ...image, reason: 'disk_full' }] }),
]
const names = (filter: Partial<ResultFilter>) => pick(rows, { ...everything, ...filter }).map((row) => row.node)

describe('the table of node results', () => {
  it('shows what failed first, and counts as people do', () => {
    expect(names({})).toEqual(['node-1', 'node-2', 'node-3', 'node-9', 'node-10'])
  })

  it('can be narrowed to a status', () => {
    expect(names({ status: 'pulling' })).toEqual(['node-3'])
  })

  it('finds a reason also where only one of the images has it', () => {
    expect(names({ reason: 'disk_full' })).toEqual(['node-1'])
    expect(names({ reason: 'image_not_found' })).toEqual(['node-2'])
  })

  it('can be narrowed to a batch', () => {
    expect(names({ batch: 2 })).toEqual(['node-3'])
  })

  it('can be searched for names and messages', () => {
    expect(names({ search: 'NODE-1' })).toEqual(['node-1', 'node-10'])
    expect(names({ search: 'manifest' })).toEqual(['node-2'])
  })
})

describe('a reason', () => {
  it('looks as bad as the worst node that has it', () => {
    const tones = reasonTones([
      newResult({ node: 'a', status: 'skipped', reason: 'node_unready' }),
      newResult({ node: 'b', status: 'skipped', reason: 'disk_full' }),
      newResult({ node: 'c', status: 'failed', reason: 'disk_full' }),
      newResult({ node: 'd', status: 'succeeded' }),
      newResult({
        node: 'e',
        status: 'failed',
        reason: 'disk_full',
        images: [
          { ...image, reason: 'disk_full' },
          { ...image, reason: 'unauthorized' },
        ],
      }),
    ])

    expect([...tones]).toEqual([
      ['node_unready', 'warn'],
      ['disk_full', 'bad'],
      ['unauthorized', 'bad'],
    ])
  })
})

describe('the size of a node’s pulls', () => {
  it('is unknown as long as no image said its own', () => {
    expect(totalBytes(newResult())).toBeNull()
    expect(
      totalBytes(newResult({ images: [{ ...image, reason: '', bytes: 5 }, { ...image, reason: '', bytes: null }] })),
    ).toBe(5)
  })
})

describe('the commands for a node', () => {
  const task = {
    look_closer: ['kubectl get pods -l ips.io/task=1'],
    reasons: [
      newGroup({ reason: 'disk_full', look_closer: ['kubectl describe node {node}', 'kubectl get events | grep {node}'] }),
      newGroup({ reason: 'unauthorized', look_closer: ['kubectl get secrets'] }),
    ],
  }

  it('are those of its own reasons, with its own name, none twice', () => {
    const row = newResult({ node: 'node-7', status: 'failed', reason: 'disk_full' })

    expect(commandsFor(task, row)).toEqual(['kubectl describe node node-7', 'kubectl get events | grep node-7'])
  })

  it('show its pull job while there is one', () => {
    const row = newResult({ node: 'node-7', status: 'pulling' })

    expect(commandsFor(task, row)).toEqual(['kubectl get pods -l ips.io/task=1', 'kubectl describe node node-7'])
  })
})
