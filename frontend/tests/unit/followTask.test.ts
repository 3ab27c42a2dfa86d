import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { useTaskFeed } from '@/composables/useTaskFeed'

import { CHANGES_PAGE, problem } from '../fakeApi'
import { enter, look, useFakeApi } from '../page'

const held = useFakeApi()
const leaves: (() => void)[] = []

beforeEach(() => {
  vi.useFakeTimers()
  look(true)
})
afterEach(() => {
  leaves.splice(0).forEach((leave) => leave())
  vi.useRealTimers()
})

function follow(id: string) {
  const { result, leave } = enter(() => useTaskFeed(id))
  leaves.push(leave)
  return result
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)
const polls = () => held.api.asked.length

describe('following a task', () => {
  it('shows what happens within a second', async () => {
    const { id } = held.api.addTask()
    held.api.settle(id, [{ node: 'a' }])
    const { results, task } = follow(id)
    await pass(0)

    held.api.settle(id, [{ node: 'a', status: 'succeeded' }])
    await pass(1_000)

    expect(results.value.map((row) => row.status)).toEqual(['succeeded'])
    expect(task.value?.counts.succeeded).toBe(1)
  })

  it('reads a task of 5,000 nodes to the last one, without waiting in between', async () => {
    const { id } = held.api.addTask()
    const names = Array.from({ length: 5_000 }, (_, index) => `node-${index}`)
    for (let first = 0; first < names.length; first += 250)
      held.api.settle(id, names.slice(first, first + 250).map((node) => ({ node })))

    const { results, complete } = follow(id)
    await pass(50)

    expect(new Set(results.value.map((row) => row.node)).size).toBe(5_000)
    expect(complete.value).toBe(true)
    expect(polls()).toBe(5_000 / CHANGES_PAGE)
  })

  it('loses no row that changes while the others are being read', async () => {
    const { id } = held.api.addTask()
    for (let first = 0; first < 1_200; first += 100)
      held.api.settle(id, Array.from({ length: 100 }, (_, index) => ({ node: `node-${first + index}` })))
    const answer = held.api.fetch
    let asked = 0
    vi.stubGlobal('fetch', async (request: Request) => {
      asked += 1
      if (asked === 2) held.api.settle(id, [{ node: 'node-0', status: 'failed' }, { node: 'node-1199', status: 'failed' }])
      return answer(request)
    })

    const { results } = follow(id)
    await pass(50)

    expect(results.value).toHaveLength(1_200)
    expect(results.value.filter((row) => row.status === 'failed').map((row) => row.node)).toEqual(['node-0', 'node-1199'])
  })

  it('sends the ETag back, and a 304 changes nothing', async () => {
    const { id } = held.api.addTask()
    held.api.settle(id, [{ node: 'a' }])
    const { results } = follow(id)
    await pass(0)
    const before = results.value

    await pass(1_000)

    expect(held.api.lastRequest?.headers.get('If-None-Match')).toBe('"1"')
    expect(results.value).toBe(before)
  })

  it('asks every three seconds only, once nobody looks', async () => {
    const { id } = held.api.addTask()
    follow(id)
    await pass(0)
    look(false)
    await pass(1_000)
    const before = polls()

    await pass(6_000)

    expect(polls() - before).toBe(2)
  })

  it('stops when the task has finished and nothing is new', async () => {
    const { id } = held.api.addTask()
    held.api.settle(id, [{ node: 'a', status: 'succeeded' }], { status: 'succeeded' })
    follow(id)
    await pass(3_000)
    const before = polls()

    await pass(60_000)

    expect(polls()).toBe(before)
  })

  it('still shows what is written after the task has finished', async () => {
    const { id } = held.api.addTask()
    held.api.settle(id, [{ node: 'a', status: 'succeeded' }], { status: 'succeeded' })
    const { events } = follow(id)
    await pass(0)

    held.api.tell(id, 'Finished in 3 s')
    await pass(3_000)

    expect(events.value.map((event) => event.text)).toEqual(['Finished in 3 s'])
  })

  it('says that a task is missing, and does not ask again', async () => {
    const { missing, task } = follow('00000000-0000-4000-8000-00000000dead')
    await pass(0)

    await pass(60_000)

    expect(missing.value).toBe(true)
    expect(task.value).toBeNull()
    expect(polls()).toBe(1)
  })

  it('catches up after the server was away, without a gap', async () => {
    const { id } = held.api.addTask()
    held.api.settle(id, [{ node: 'a' }])
    const { results, error, lastSeen } = follow(id)
    await pass(0)
    const seen = lastSeen.value

    held.api.away = true
    await pass(2_000)
    expect(error.value).toBeInstanceOf(Error)
    expect(lastSeen.value).toBe(seen)
    held.api.settle(id, [{ node: 'a', status: 'succeeded' }, { node: 'b', status: 'failed' }])
    held.api.away = false
    await pass(5_000)

    expect(error.value).toBeNull()
    expect(results.value.map((row) => `${row.node} ${row.status}`)).toEqual(['a succeeded', 'b failed'])
  })

  it('asks at once when its owner has pressed a button', async () => {
    const { id } = held.api.addTask()
    const { now } = follow(id)
    await pass(0)
    const before = polls()

    now()
    await pass(0)

    expect(polls()).toBe(before + 1)
  })

  it('asks nothing more once the page is left', async () => {
    const { id } = held.api.addTask()
    follow(id)
    await pass(0)
    leaves.splice(0).forEach((leave) => leave())
    const before = polls()

    await pass(60_000)

    expect(polls()).toBe(before)
  })

  it('waits as long as the server says when it is told to slow down', async () => {
    const { id } = held.api.addTask()
    follow(id)
    await pass(0)
    held.api.answers.push(problem(429, 'throttled', 'Slow down.', { headers: { 'Retry-After': '20' } }))
    await pass(1_000)
    const before = polls()

    await pass(19_000)
    expect(polls()).toBe(before)
    await pass(1_500)
    expect(polls()).toBeGreaterThan(before)
  })
})
