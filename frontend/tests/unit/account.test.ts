import { describe, expect, it } from 'vitest'

import { browserWords } from '@/account/browsers'

import { newSession } from '../accountRows'
import { dialog, eventually, fill, open, press, settled, useFakeApi } from '../page'

const held = useFakeApi()

async function openAccount() {
  held.api.accounts.sessions = [
    newSession({ current: true }),
    newSession({ user_agent: 'curl/8.5.0', ip: '198.51.100.9' }),
  ]
  const shown = await open('/account')
  await eventually(() => shown.find('table').exists() || undefined)
  return shown
}

async function change(shown: Awaited<ReturnType<typeof openAccount>>, current: string, next: string, again = next) {
  await fill('current', current)
  await fill('new', next)
  await fill('again', again)
  await shown.get('form').trigger('submit')
  await settled()
}

describe('one’s account', () => {
  it('shows where one is signed in, and which of these is here', async () => {
    const shown = await openAccount()

    const [here, there] = shown.findAll('tbody tr').map((row) => row.text())
    expect(here).toMatch(/Firefox on Linux.*192\.0\.2\.7.*This one/s)
    expect(there).toMatch(/curl\/8\.5\.0.*198\.51\.100\.9.*End/s)
  })

  it('ends another session after a question, never the own', async () => {
    const shown = await openAccount()
    expect(shown.findAll('tbody button').length).toBe(1)
    await press('End curl/8.5.0')
    expect(dialog().textContent).toContain('198.51.100.9')
    expect(held.api.accounts.sessions.length).toBe(2)

    await press('End the session')

    await eventually(() => (shown.findAll('tbody tr').length === 1 ? true : undefined))
    expect(held.api.accounts.sessions.map(({ current }) => current)).toEqual([true])
  })

  it('ends all others at once, and not this one', async () => {
    const shown = await openAccount()
    await press('End all others')
    expect(held.api.accounts.sessions.length).toBe(2)
    await press('End all others')

    await eventually(() => (shown.findAll('tbody tr').length === 1 ? true : undefined))
    expect(shown.text()).not.toContain('End all others')
  })

  it('takes a new password, says that all else is signed out, and shows so', async () => {
    const shown = await openAccount()

    await change(shown, 'right', 'a much longer one')
    await eventually(() => shown.find('form [role=status]').exists() || undefined)

    expect(held.api.accounts.password).toBe('a much longer one')
    expect(shown.get<HTMLInputElement>('#new').element.value).toBe('')
    await eventually(() => (shown.findAll('tbody tr').length === 1 ? true : undefined))
  })

  it('tells at its field that the password of now is wrong, and which one is too short', async () => {
    const shown = await openAccount()

    await change(shown, 'wrong', 'a much longer one')
    expect(shown.get('#current-about').text()).toBe('This is not your password.')
    await change(shown, 'right', 'short')

    expect(shown.get('#new-about').text()).toContain('This password is too short.')
    expect(shown.get('#current-about').text()).toBe('')
    expect(held.api.accounts.password).toBe('right')
  })

  it('asks the server nothing while the new password and its repetition differ', async () => {
    const shown = await openAccount()

    await change(shown, 'right', 'a much longer one', 'a much longer ome')

    expect(shown.get('#again-about').text()).toContain('not the same')
    expect(held.api.asked.join()).not.toContain('auth/password')
  })
})

describe('a browser in words', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/19.0 Safari/605.1.15', 'Safari on macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1', 'Safari on iOS'],
    ['python-requests/2.32', 'python-requests/2.32'],
    ['', 'Unknown program'],
  ])('%s is %s', (userAgent, words) => {
    expect(browserWords(userAgent)).toBe(words)
  })
})
