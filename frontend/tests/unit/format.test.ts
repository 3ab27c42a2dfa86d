import { describe, expect, it } from 'vitest'

import { ago, bytes, duration, elapsed, nodes, taskTarget, taskTitle } from '@/tasks/format'

import { newTask } from '../rows'

describe('words for people', () => {
  it.each([
    [0, '0 s'],
    [0.43, '0.4 s'],
    [12.4, '12 s'],
    [185, '3 min 05 s'],
    [7_810, '2 h 10 min'],
  ])('say %d seconds as "%s"', (seconds, text) => {
    expect(duration(seconds)).toBe(text)
  })

  it.each([
    [512, '512 B'],
    [1_500, '1.5 kB'],
    [187_000_000, '187 MB'],
    [999_900_000, '1.0 GB'],
  ])('say %d bytes as "%s"', (size, text) => {
    expect(bytes(size)).toBe(text)
  })

  it('count nodes', () => {
    expect([nodes(1), nodes(5_000)]).toEqual(['1 node', '5,000 nodes'])
  })

  it('say how long ago something was', () => {
    const now = Date.parse('2026-11-24T08:00:00Z')

    expect(ago('2026-11-24T07:59:50Z', now)).toBe('just now')
    expect(ago('2026-11-24T07:50:00Z', now)).toBe('10 min ago')
    expect(ago('2026-11-24T05:00:00Z', now)).toBe('3 h ago')
  })
})

describe('a task', () => {
  it('is called by its name, else by its images', () => {
    expect(taskTitle({ name: 'Release', images: ['a'] })).toBe('Release')
    expect(taskTitle({ name: '', images: ['a'] })).toBe('a')
    expect(taskTitle({ name: '', images: ['a', 'b', 'c'] })).toBe('a + 2 more')
  })

  it('says which nodes were asked for', () => {
    const named = { all_nodes: false, node_selector: '', named_nodes: 2 }
    expect(taskTarget({ all_nodes: true, node_selector: '', named_nodes: 0 })).toBe('all nodes')
    expect(taskTarget({ all_nodes: false, node_selector: 'pool=gpu', named_nodes: 0 })).toBe('pool=gpu')
    expect(taskTarget({ ...named, node_names: ['a', 'b'] })).toBe('a + 1 more')
    expect(taskTarget(named)).toBe('2 nodes')
  })

  it('runs from its first dispatch to its end', () => {
    const task = newTask()

    expect(elapsed(task, Date.parse('2026-11-24T08:00:11Z'))).toBe(10)
    expect(elapsed({ ...task, finished_at: '2026-11-24T08:00:04Z' }, Date.now())).toBe(3)
    expect(elapsed({ ...task, started_at: null }, Date.now())).toBeNull()
  })
})
