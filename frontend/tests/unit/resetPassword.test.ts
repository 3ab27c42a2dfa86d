import { describe, expect, it } from 'vitest'

import { problem } from '../fakeApi'
import { eventually, open, settled, useFakeApi } from '../page'

const held = useFakeApi()

async function set(password: string, again = password, answer = new Response(null, { status: 204 })) {
  held.api.me = null
  const shown = await open('/reset-password#the-secret')
  await eventually(() => shown.find('#new-password').exists() || undefined)
  held.api.answers.push(answer)
  await shown.get('#new-password').setValue(password)
  await shown.get('#again').setValue(again)
  await shown.get('form').trigger('submit')
  await settled()
  return shown
}

describe('a one-time link', () => {
  it('sets the password by what stands behind its #, and leads to the sign-in', async () => {
    const shown = await set('a long enough password')

    await eventually(() => shown.find('[role=status]').exists() || undefined)
    expect(await held.api.lastRequest?.clone().json()).toEqual({ token: 'the-secret', new: 'a long enough password' })
    expect(shown.get('a').attributes('href')).toBe('/sign-in')
  })

  it('asks the server nothing while the two passwords differ', async () => {
    const shown = await set('a long enough password', 'another one')

    expect(shown.get('[role=alert]').text()).toContain('not the same')
    expect(held.api.asked.filter((one) => one.includes('reset-password'))).toEqual([])
  })

  it('that is over says so', async () => {
    const shown = await set('a long enough password', undefined, problem(410, 'link_is_over', 'This link was used.'))

    expect(shown.get('[role=alert]').text()).toContain('This link was used')
  })

  it('that was cut short says how to open it', async () => {
    held.api.me = null
    const shown = await open('/reset-password')

    await eventually(() => (shown.text().includes('not whole') ? true : undefined))
    expect(shown.find('form').exists()).toBe(false)
  })
})
