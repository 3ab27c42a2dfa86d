/** What tests of the UI share: the fake API in place of the network, and composables outside of a component. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'

import { FakeApi } from './fakeApi'

const opened: VueWrapper[] = []

/** A fake API for every test of a file, reached through fetch, with a CSRF cookie in the browser. */
export function useFakeApi(): { api: FakeApi } {
  const held = { api: new FakeApi() }
  beforeEach(() => {
    held.api = new FakeApi()
    document.cookie = 'csrftoken=c5rf'
    setActivePinia(createPinia())
    vi.stubGlobal('fetch', (request: Request) => held.api.fetch(request))
    vi.stubGlobal('scrollTo', vi.fn())
    vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn() }))
  })
  afterEach(() => {
    opened.splice(0).forEach((shown) => shown.unmount())
    vi.unstubAllGlobals()
  })
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

/** The whole application at an address, as someone's browser shows it. */
export async function open(path: string): Promise<VueWrapper> {
  const { default: App } = await import('@/App.vue')
  const { router } = await import('@/router')
  const shown = mount(App, { attachTo: document.body, global: { plugins: [router] } })
  await router.push(path)
  await settled()
  opened.push(shown)
  return shown
}

/** Let everything happen that is under way: requests to the fake API, lazy pages, drawing. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await flushPromises()
}

/** Wait until something is there, as a person would, but not for ever. */
export async function eventually<Found>(find: () => Found | undefined): Promise<Found> {
  const look = () => {
    const found = find()
    if (found === undefined) throw new Error('it did not appear')
    return found
  }
  return vi.waitFor(look, { timeout: 10_000, interval: 20 })
}

/** Press a button by its words; while a dialog is open, only what it has can be reached. */
export async function press(words: string): Promise<void> {
  const named = (each: HTMLElement) => [each.textContent.trim(), each.getAttribute('aria-label')].includes(words)
  const reach = () => [...document.querySelectorAll('.el-dialog')].at(-1) ?? document
  const button = await eventually(() => [...reach().querySelectorAll('button')].find(named))
  button.click()
  await settled()
}

/** Choose from the menu behind a row's button "More". */
export async function pick(menu: string, words: string): Promise<void> {
  await press(menu)
  const open = (each: HTMLElement) => each.closest<HTMLElement>('.el-popper')?.style.display !== 'none'
  const items = () => [...document.querySelectorAll<HTMLElement>('[role=menuitem]')].filter(open)
  const item = await eventually(() => items().find((each) => each.textContent.trim() === words))
  item.click()
  await settled()
}

/** What stands in the dialog that is open. */
export function dialog(): HTMLElement {
  const shown = [...document.querySelectorAll<HTMLElement>('.el-dialog')].at(-1)
  if (!shown) throw new Error('no dialog is open')
  return shown
}

/** Write into a field, wherever it is on the screen. */
export async function fill(id: string, value: string): Promise<void> {
  const places = `input#${id}, textarea#${id}, select#${id}, #${id} input`
  const field = await eventually(() => document.querySelector<HTMLInputElement>(places) ?? undefined)
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
  field.dispatchEvent(new Event('change', { bubbles: true }))
  await settled()
}

/** Send the form of the dialog that is open. */
export async function send(): Promise<void> {
  dialog().querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }))
  await settled()
}
