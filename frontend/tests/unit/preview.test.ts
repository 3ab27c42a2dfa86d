import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref, watch } from 'vue'

import { ASK_AGAIN, ROUNDS, TYPING_PAUSE, usePreview } from '@/composables/usePreview'
import { emptyDraft } from '@/tasks/draft'

import { enter, useFakeApi } from '../page'
import { newNode } from '../rows'

const held = useFakeApi()
let leave = () => {}

beforeEach(() => {
  vi.useFakeTimers()
  held.api.nodes = [
    newNode({ name: 'a', labels: { pool: 'gpu' } }),
    newNode({ name: 'b', labels: { pool: 'gpu' }, ready: false }),
    newNode({ name: 'c' }),
  ]
})
afterEach(() => {
  leave()
  vi.useRealTimers()
})

function write() {
  const draft = ref(emptyDraft('default'))
  const entered = enter(() => usePreview(draft))
  leave = entered.leave
  return { draft, ...entered.result }
}

const pause = async () => {
  await nextTick()
  await vi.advanceTimersByTimeAsync(TYPING_PAUSE)
}

describe('the preview', () => {
  it('says which nodes match once the person stops typing', async () => {
    const { draft, preview, busy } = write()

    draft.value.images = 'nginx:1.27'
    draft.value.selector = 'pool=gpu'
    await nextTick()
    expect(busy.value).toBe(true)
    await pause()

    expect(preview.value).toMatchObject({ matched: 1, total: 3, skipped: [{ reason: 'node_unready', nodes: 1 }] })
    expect(busy.value).toBe(false)
  })

  it('asks once for many keystrokes', async () => {
    const { draft } = write()
    draft.value.images = 'nginx'

    for (const selector of ['p', 'po', 'pool', 'pool=', 'pool=gpu']) {
      draft.value.selector = selector
      await nextTick()
      await vi.advanceTimersByTimeAsync(100)
    }
    await pause()

    expect(held.api.asked).toHaveLength(1)
  })

  it('asks nothing while something is missing', async () => {
    const { draft, preview, busy } = write()

    draft.value.images = 'nginx'
    await pause()

    expect(held.api.asked).toEqual([])
    expect(preview.value).toBeNull()
    expect(busy.value).toBe(false)
  })

  it('drops an answer that arrives after the draft has changed', async () => {
    const answer = held.api.fetch
    let waits = 5_000
    vi.stubGlobal('fetch', async (request: Request) => {
      const copy = request.clone()
      const wait = waits
      waits = 0
      await new Promise((resolve) => setTimeout(resolve, wait))
      return answer(new Request(copy, { signal: null }))
    })
    const { draft, preview } = write()
    draft.value.images = 'nginx'
    draft.value.target = 'all'
    await pause()

    draft.value.target = 'selector'
    draft.value.selector = 'pool=gpu'
    await pause()
    await vi.advanceTimersByTimeAsync(10_000)

    expect(preview.value?.matched).toBe(1)
  })

  it('shows errors of input at their fields', async () => {
    const { draft, preview, errors } = write()

    draft.value.images = 'nginx\nNGINX'
    draft.value.target = 'all'
    await pause()

    expect(errors.value.images).toEqual([{ image: 'NGINX', line: 2, detail: 'Image names are lower case.' }])
    expect(preview.value).toBeNull()
  })

  it('can be had at once by someone who does not wait for the pause', async () => {
    const { draft, preview, latest } = write()
    draft.value.images = 'nginx:9'
    draft.value.target = 'all'
    await nextTick()

    await latest()

    expect(preview.value?.matched).toBe(2)
    await pause()
    expect(held.api.asked).toHaveLength(1)
  })

  it('does not keep anyone who wants to start waiting for long', async () => {
    vi.stubGlobal('fetch', () => new Promise(() => {}))
    const { draft, busy, latest } = write()
    draft.value.images = 'nginx:9'
    draft.value.target = 'all'
    await nextTick()
    let waited = false
    void latest().then(() => (waited = true))

    await vi.advanceTimersByTimeAsync(5_000)

    expect(waited).toBe(true)
    expect(busy.value).toBe(true)
  })
})

describe('a registry that has not answered yet', () => {
  beforeEach(() => {
    held.api.registries = { 'slow/x:1': { registry: 'checking' } }
  })

  async function typed() {
    const written = write()
    written.draft.value.images = 'slow/x:1'
    written.draft.value.target = 'all'
    await pause()
    return written
  }

  it('is asked about again until it has, and nothing flickers meanwhile', async () => {
    const { preview, busy } = await typed()
    expect(preview.value?.images[0]?.registry).toBe('checking')
    const seen: boolean[] = []
    watch([busy, preview], () => seen.push(busy.value || !preview.value), { flush: 'sync' })

    held.api.registries = { 'slow/x:1': { registry: 'missing' } }
    await vi.advanceTimersByTimeAsync(ASK_AGAIN)

    expect(preview.value?.images[0]?.registry).toBe('missing')
    expect(seen).toEqual([false])
    await vi.advanceTimersByTimeAsync(10 * ASK_AGAIN)
    expect(held.api.asked).toHaveLength(2)
  })

  it('is not known when it takes too long, and no longer asked about', async () => {
    const { preview } = await typed()

    await vi.advanceTimersByTimeAsync((ROUNDS + 5) * ASK_AGAIN)

    expect(preview.value?.images[0]).toMatchObject({ registry: 'unknown', message: expect.stringContaining('has not answered') })
    expect(held.api.asked).toHaveLength(ROUNDS + 1)
  })

  it('leaves the preview as it is when nobody answers the second time', async () => {
    const { preview, errors } = await typed()

    held.api.away = true
    await vi.advanceTimersByTimeAsync(ASK_AGAIN)
    expect(preview.value?.matched).toBe(2)
    expect(errors.value.general).toBe('')
    held.api.away = false
    held.api.registries = {}
    await vi.advanceTimersByTimeAsync(ASK_AGAIN)

    expect(preview.value?.images[0]?.registry).toBe('found')
  })

  it('is forgotten as soon as something else is typed', async () => {
    const { draft } = await typed()

    draft.value.images = ''
    await vi.advanceTimersByTimeAsync(10 * ASK_AGAIN)

    expect(held.api.asked).toHaveLength(1)
  })
})
