import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { LONGEST_PAUSE, usePolling } from '@/composables/usePolling'

import { enter, look } from '../page'

beforeEach(() => {
  vi.useFakeTimers()
  look(true)
})
afterEach(() => vi.useRealTimers())

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

describe('polling', () => {
  it('stops while the page is hidden, and asks at once when it is seen again', async () => {
    const ask = vi.fn(() => Promise.resolve(1_000))
    const { leave } = enter(() => usePolling(ask))
    await pass(0)

    look(false)
    await pass(60_000)
    expect(ask).toHaveBeenCalledTimes(1)
    look(true)
    await pass(0)

    expect(ask).toHaveBeenCalledTimes(2)
    leave()
  })

  it('asks less and less often while it fails, and never less than every 30 s', async () => {
    const times: number[] = []
    const ask = vi.fn(() => {
      times.push(Date.now())
      return Promise.reject(new Error('away'))
    })
    const { leave } = enter(() => usePolling(ask))

    await pass(300_000)

    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(pauses[0]).toBeLessThanOrEqual(1_000)
    expect(pauses[3]).toBeGreaterThan(2 * (pauses[1] ?? 0))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(LONGEST_PAUSE)
    expect(Math.min(...pauses.slice(6))).toBeGreaterThan(LONGEST_PAUSE / 2)
    leave()
  })

  it('asks at once when the network comes back', async () => {
    const ask = vi.fn(() => Promise.reject(new Error('away')))
    const { leave } = enter(() => usePolling(ask))
    await pass(20_000)
    const before = ask.mock.calls.length

    window.dispatchEvent(new Event('online'))
    await pass(0)

    expect(ask.mock.calls.length).toBe(before + 1)
    leave()
  })

  it('drops the answer of a round that was overtaken', async () => {
    const taken: string[] = []
    let wanted = 'old'
    const ask = async (signal: AbortSignal) => {
      const mine = wanted
      await new Promise((resolve) => setTimeout(resolve, mine === 'old' ? 500 : 10))
      signal.throwIfAborted()
      taken.push(mine)
      return null
    }
    const { result, leave } = enter(() => usePolling(ask))

    wanted = 'new'
    result.now()
    await pass(1_000)

    expect(taken).toEqual(['new'])
    expect(result.error.value).toBeNull()
    leave()
  })

  it('does not ask again after a final error, until told to', async () => {
    const ask = vi.fn(() => Promise.reject(new Error('bad selector')))
    const { result, leave } = enter(() => usePolling(ask, { isFinal: () => true }))
    await pass(60_000)
    expect(ask).toHaveBeenCalledTimes(1)

    result.now()
    await pass(0)

    expect(ask).toHaveBeenCalledTimes(2)
    leave()
  })
})
