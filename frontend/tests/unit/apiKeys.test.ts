import { describe, expect, it } from 'vitest'

import { stateOf } from '@/keys/state'
import { endsIn } from '@/tasks/format'

import { newKey } from '../accountRows'
import { dialog, eventually, fill, open, press, send, useFakeApi } from '../page'
import { person, platformAdmin } from '../rows'

const held = useFakeApi()

async function openKeys() {
  const shown = await open('/api-keys')
  await eventually(() => shown.find('table, .empty').exists() || undefined)
  return shown
}

describe('API keys', () => {
  it('say what they are for while there is none', async () => {
    const shown = await openKeys()

    expect(shown.text()).toContain('Programs, such as a deploy pipeline, sign in with a key')
  })

  it('are made with what was chosen, and shown once with a command that tries them', async () => {
    const shown = await openKeys()
    await press('New key')
    await fill('key-name', 'nightly build')
    await fill('key-networks', '10.0.0.0/8\n192.0.2.1')
    await fill('key-days', '30')
    await send()
    await eventually(() => document.querySelector('[aria-label="API key"]') ?? undefined)

    const [key] = held.api.accounts.keys
    expect(key).toMatchObject({ name: 'nightly build', networks: ['10.0.0.0/8', '192.0.2.1'], scopes: ['read'] })
    expect(dialog().textContent).toMatch(/ips_abcd1234_the-secret.*curl -H "Authorization: Bearer ips_abcd1234_the-/s)
    await press('I have stored it')
    expect(document.body.textContent).not.toContain('the-secret')
    expect(shown.text()).toContain('nightly build')
  })

  it('without a name are not asked for', async () => {
    await openKeys()
    await press('New key')
    await send()

    expect(dialog().querySelector('[role=alert]')?.textContent).toContain('Say what the key is for')
    expect(held.api.asked.join()).not.toContain('POST /api/v1/api-keys/')
  })

  it('tell the network that is none, in the API’s words', async () => {
    await openKeys()
    await press('New key')
    await fill('key-name', 'x')
    await fill('key-networks', '10.0.0.0/8\nour-office')
    await send()

    const alert = await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(alert.textContent).toBe('our-office: This is no network like 10.0.0.0/8.')
    expect(dialog().querySelector('#key-networks')?.getAttribute('aria-invalid')).toBe('true')
  })

  it.each([
    ['viewer', ['Read']],
    ['operator', ['Read', 'Tasks']],
    ['admin', ['Read', 'Tasks', 'Manage']],
  ] as const)('of a %s offer %s and no more', async (role, offered) => {
    held.api.me = person('olga', role)
    await openKeys()
    await press('New key')

    expect([...dialog().querySelectorAll('.check strong')].map((each) => each.textContent)).toEqual(offered)
  })

  it('are rotated: a new one is shown, the old one goes on for a while', async () => {
    held.api.accounts.keys = [newKey()]
    const shown = await openKeys()
    await press('Rotate deploy pipeline')
    await fill('overlap', '5')
    await send()
    await eventually(() => document.querySelector('[aria-label="API key"]') ?? undefined)
    await press('I have stored it')

    await eventually(() => shown.text().includes('Being replaced') || undefined)
    expect(shown.findAll('tbody tr').map((row) => /in (4 h 5\d|5 h 00) min/.test(row.text()))).toEqual([false, true])
  })

  it('of others are for an admin to revoke, not to rotate', async () => {
    held.api.me = person('ada', 'admin')
    held.api.accounts.keys = [newKey({ owner: 'olga' }), newKey({ owner: 'ada', name: 'her own' })]
    const shown = await openKeys()

    const labels = shown.findAll('tbody button').map((button) => button.attributes('aria-label'))
    expect(labels).toEqual(['Revoke deploy pipeline', 'Rotate her own', 'Revoke her own'])
  })

  it('are revoked only after a question', async () => {
    held.api.accounts.keys = [newKey()]
    const shown = await openKeys()
    await press('Revoke deploy pipeline')
    expect(dialog().textContent).toContain('ips_abcd1234_…wxyz')
    expect(held.api.accounts.keys[0]?.revoked_at).toBeNull()

    await press('Revoke the key')

    await eventually(() => shown.text().includes('Revoked') || undefined)
    expect(shown.findAll('tbody button')).toEqual([])
  })

  it('stay when the question is answered by an error, which is told', async () => {
    held.api.accounts.keys = [newKey()]
    await openKeys()
    await press('Revoke deploy pipeline')
    held.api.away = true

    await press('Revoke the key')

    expect(dialog().textContent).toContain('cannot be reached')
  })
})

describe('the section “Administration”', () => {
  it('is not there for those who would find only their own keys in it', async () => {
    const shown = await openKeys()

    expect(shown.get('[aria-label=Main]').text()).not.toContain('Admin')
    expect(shown.find('[aria-label=Administration]').exists()).toBe(false)
  })

  it('shows a platform administrator the way to every page', async () => {
    held.api.me = platformAdmin()
    const shown = await openKeys()

    expect(shown.get('[aria-label=Main]').text()).toContain('Administration')
    expect(shown.get('[aria-label=Administration]').text()).toContain('Settings')
  })
})

describe('a key’s state', () => {
  const now = Date.parse('2026-11-24T08:00:00Z')

  it.each([
    [{}, 'good'],
    [{ expires_at: '2026-12-01T00:00:00Z' }, 'ending'],
    [{ replaced_by: 'another' }, 'replaced'],
    [{ expires_at: '2026-11-24T08:00:00Z' }, 'expired'],
    [{ revoked_at: '2026-11-24T07:00:00Z', replaced_by: 'another' }, 'revoked'],
  ] as const)('of %o is %s', (given, state) => {
    expect(stateOf(newKey(given), now)).toBe(state)
  })

  it('says when it ends as people would', () => {
    expect(endsIn('2026-11-24T09:30:00Z', now)).toBe('in 1 h 30 min')
    expect(endsIn('2026-12-24T08:00:00Z', now)).toBe('in 30 days')
  })
})
