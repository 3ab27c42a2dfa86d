import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'

import { TYPING_PAUSE, usePreview } from '@/composables/usePreview'
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
})
