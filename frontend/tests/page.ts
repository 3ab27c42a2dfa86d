/** What tests of the UI share: the fake API in place of the network, and composables outside of a component. */
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'

import { FakeApi } from './fakeApi'

/** A fake API for every test of a file, reached through fetch, with a CSRF cookie in the browser. */
export function useFakeApi(): { api: FakeApi } {
  const held = { api: new FakeApi() }
  beforeEach(() => {
    held.api = new FakeApi()
    document.cookie = 'csrftoken=c5rf'
    setActivePinia(createPinia())
    vi.stubGlobal('fetch', (request: Request) => held.api.fetch(request))
    vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn() }))
  })
  afterEach(() => vi.unstubAllGlobals())
  return held
}

/** Run a composable as a component would, until `leave`. */
export function enter<Result>(setup: () => Result): { result: Result; leave: () => void } {
  const scope: EffectScope = effectScope()
  const result = scope.run(setup)
  if (result === undefined) throw new Error('the scope has ended')
  return { result, leave: () => scope.stop() }
}

/** Pretend that the person looks at another tab, or comes back. */
export function look(visible: boolean): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visible ? 'visible' : 'hidden')
  document.dispatchEvent(new Event('visibilitychange'))
}
