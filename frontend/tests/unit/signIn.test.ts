import { describe, expect, it, vi } from 'vitest'

import { router } from '@/router'

import { problem } from '../fakeApi'
import { eventually, open, settled, useFakeApi } from '../page'
import { person } from '../rows'

const held = useFakeApi()

async function signIn(password: string, next = '') {
  held.api.me = null
  const shown = await open(`/sign-in${next}`)
  await eventually(() => shown.find('#username').exists() || undefined)
  await shown.get('#username').setValue('olga')
  await shown.get('#password').setValue(password)
  await shown.get('form').trigger('submit')
  await settled()
  return shown
}

describe('signing in', () => {
  it('leads to the tasks', async () => {
    await signIn('right')

    await eventually(() => router.currentRoute.value.path === '/tasks' || undefined)
  })

  it('leads back to the page that was asked for', async () => {
    await signIn('right', '?next=/nodes')

    await eventually(() => router.currentRoute.value.path === '/nodes' || undefined)
  })

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example'])('never leads away to %s', async (next) => {
    await signIn('right', `?next=${encodeURIComponent(next)}`)

    await eventually(() => router.currentRoute.value.path === '/tasks' || undefined)
  })

  it('with a wrong password says so, and keeps the name only', async () => {
    const shown = await signIn('wrong')

    expect(shown.get('[role=alert]').text()).toContain('Wrong user name or password')
    expect(shown.get<HTMLInputElement>('#username').element.value).toBe('olga')
    expect(shown.get<HTMLInputElement>('#password').element.value).toBe('')
  })

  it('too often counts down until the server listens again', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    held.api.me = null
    const throttled = problem(429, 'throttled', 'Too many.', { headers: { 'Retry-After': '3' } })
    const answer = held.api.fetch
    vi.stubGlobal('fetch', (request: Request) =>
      request.url.endsWith('/login/') ? Promise.resolve(throttled) : answer(request),
    )

    const shown = await signIn('right')
    const button = () => shown.get('button[type=submit]').attributes('disabled')
    expect(shown.get('[role=alert]').text()).toContain('Try again in 3 s')
    expect(button()).toBeDefined()
    vi.advanceTimersByTime(3_000)
    await settled()

    expect(shown.find('[role=alert]').exists()).toBe(false)
    expect(button()).toBeUndefined()
    vi.useRealTimers()
  })

  it('is asked for again when the session has ended, and then leads back', async () => {
    const shown = await open('/nodes')
    held.api.me = null

    await router.push('/tasks')
    await eventually(() => router.currentRoute.value.name === 'sign-in' || undefined)

    expect(router.currentRoute.value.query.next).toBe('/tasks')
    expect(shown.text()).toContain('Sign in')
    held.api.me = person('olga', 'operator')
  })
})
