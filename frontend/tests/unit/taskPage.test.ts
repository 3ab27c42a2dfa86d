import { describe, expect, it, vi } from 'vitest'

import { router } from '@/router'

import { eventually, open, settled, useFakeApi } from '../page'
import { newGroup, newTask } from '../rows'

const held = useFakeApi()
const HOUR = 3_600_000

async function press(text: string | RegExp): Promise<void> {
  const button = await eventually(() =>
    [...document.querySelectorAll<HTMLElement>('button')].find((each) => each.textContent.trim().match(text)),
  )
  button.click()
  await settled()
}

const rowsShown = () => [...document.querySelectorAll('.toolbar [role=status]')].map((each) => each.textContent.trim())

describe('what a task waits for', () => {
  it('is said with its time and the tasks that have it', async () => {
    const first = held.api.addTask({ name: 'the one before' })
    const since = new Date(Date.now() - 2 * HOUR - 5_000).toISOString()
    const { id } = held.api.addTask({
      waiting: {
        reason: 'cluster',
        text: 'room in the cluster (100 of 100 pull jobs run)',
        since,
        until: null,
        held_by: [{ task: first.id, title: 'the one before', pull_jobs: 60 }],
      },
    })

    const shown = await open(`/tasks/${id}`)
    await eventually(() => shown.find('.wait').exists() || undefined)

    expect(shown.get('.wait p').text()).toMatch(
      /^Waiting for room in the cluster \(100 of 100 pull jobs run\), for 2 h 00 min so far\.$/,
    )
    expect(shown.get('.wait a').attributes('href')).toBe(`/tasks/${first.id}`)
    expect(shown.get('.wait li').text()).toBe('60 pull jobs of the one before')
  })

  it('has a time to come when an attempt is waited for', async () => {
    const until = new Date(Date.now() + 2 * HOUR + 55_000).toISOString()
    const text = 'the next attempt on 3 nodes'
    const { id } = held.api.addTask({ waiting: { reason: 'next_attempt', text, since: null, until, held_by: [] } })

    const shown = await open(`/tasks/${id}`)
    await eventually(() => shown.find('.wait').exists() || undefined)

    expect(shown.get('.wait').text()).toMatch(/^Waiting for the next attempt on 3 nodes, in 2 h 00 min\.$/)
  })
})

describe('a reason', () => {
  const group = newGroup({
    nodes: 2,
    message: 'manifest unknown',
    images: ['missing:1'],
    examples: ['a', 'b'],
    look_closer: ['kubectl describe node {node}'],
  })

  function failing(): string {
    const { id } = held.api.addTask({ images: ['missing:1', 'good:1'] })
    const failed = { status: 'failed', reason: 'image_not_found' } as const
    held.api.settle(id, [{ node: 'a', ...failed }, { node: 'b', ...failed }, { node: 'c', status: 'succeeded' }], {
      reasons: [group],
      status: 'partial',
    })
    return id
  }

  it('filters the table when it is pressed, and no longer when it is pressed again', async () => {
    await open(`/tasks/${failing()}`)

    await press(/^Image not found/)
    await eventually(() => (router.currentRoute.value.query.reason === 'image_not_found' ? true : undefined))
    expect(rowsShown()).toEqual(['2 of 3'])
    await press(/^Image not found/)

    await eventually(() => (router.currentRoute.value.query.reason === undefined ? true : undefined))
  })

  it('shows its nodes and commands when someone looks, and gives them away', async () => {
    const taken: string[] = []
    vi.stubGlobal('navigator', { clipboard: { writeText: (text: string) => Promise.resolve(taken.push(text)) } })
    const shown = await open(`/tasks/${failing()}`)
    const details = await eventually(() => document.querySelector<HTMLDetailsElement>('.group details') ?? undefined)

    details.open = true
    details.dispatchEvent(new Event('toggle'))
    await eventually(() => shown.find('.group pre').exists() || undefined)

    expect(shown.findAll('.group pre').map((box) => box.text())).toEqual([
      'missing:1',
      'manifest unknown',
      'a\nb',
      'kubectl describe node a',
    ])
    for (const button of shown.findAll('.group .copy button')) await button.trigger('click')
    await settled()
    expect(taken).toEqual(['missing:1', 'manifest unknown', 'a\nb', 'kubectl describe node a'])
  })
})

describe('the batches', () => {
  it('filter the table', async () => {
    const { id } = held.api.addTask()
    held.api.settle(id, [
      { node: 'a', status: 'succeeded', batch: 1 },
      { node: 'b', status: 'pulling', batch: 2 },
      { node: 'c', status: 'pending', batch: 2 },
    ])
    const shown = await open(`/tasks/${id}`)

    await press(/^2$/)

    await eventually(() => (router.currentRoute.value.query.batch === '2' ? true : undefined))
    expect(rowsShown()).toEqual(['2 of 3'])
    expect(shown.get('.strip [aria-pressed=true]').attributes('aria-label')).toBe(
      'Batch 2, 2 nodes: 1 pulling, 1 pending',
    )
  })
})

describe('a node', () => {
  it('tells its earlier attempts', async () => {
    const { id } = held.api.addTask()
    const earlier = [{ attempt: 1, reason: 'registry_unreachable', message: 'i/o timeout', ended_at: '2026-11-24T08:00:09Z' }]
    held.api.settle(id, [{ node: 'a', status: 'succeeded', attempt: 2, earlier }])

    await open(`/tasks/${id}?node=a`)
    const drawer = await eventually(() => document.querySelector('.el-drawer') ?? undefined)

    expect(drawer.textContent).toContain('1. Registry unreachable')
    expect(drawer.textContent).toContain('i/o timeout')
  })
})

describe('a task whose results are still being read', () => {
  it('does not count batches of which it knows a part only', async () => {
    const { id } = held.api.addTask()
    const rows = [1, 2].map((batch) => ({ node: `n${batch}`, batch, status: 'succeeded' as const }))
    const counts = { ...newTask().counts, desired: 5000, succeeded: 5000 }
    held.api.settle(id, rows)
    Object.assign(held.api.tasks.get(id)?.task ?? {}, { counts })

    const shown = await open(`/tasks/${id}`)
    await eventually(() => shown.text().includes('5,000') || undefined)

    expect(shown.text()).not.toContain('2 batches')
  })
})
