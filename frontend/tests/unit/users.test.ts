import { beforeEach, describe, expect, it } from 'vitest'

import { newUser } from '../accountRows'
import { dialog, eventually, fill, open, press, send, useFakeApi } from '../page'
import { person, platformAdmin } from '../rows'

const held = useFakeApi()

beforeEach(() => {
  held.api.me = platformAdmin()
  held.api.accounts.users = [
    newUser({ id: 'id-root', username: 'root', is_platform_admin: true, memberships: [] }),
    newUser({ username: 'otto', first_name: 'Otto', email: 'otto@example.com' }),
  ]
})

async function openUsers(path = '/users') {
  const shown = await open(path)
  await eventually(() => shown.find('table').exists() || undefined)
  return shown
}

const user = (username: string) => held.api.accounts.users.find((each) => each.username === username)

describe('the users', () => {
  it('are listed with what each may do', async () => {
    const shown = await openUsers()

    const [root, otto] = shown.findAll('tbody tr').map((row) => row.text())
    expect(root).toMatch(/root \(you\).*Platform admin/s)
    expect(otto).toMatch(/Otto · otto@example.com.*Active.*Operator in default/s)
  })

  it('get a new one, whose link is shown once', async () => {
    const shown = await openUsers()
    await press('New user')
    await fill('user-username', 'nina')
    await send()
    await eventually(() => document.querySelector('[aria-label=Link]') ?? undefined)

    expect(dialog().textContent).toContain('https://ips.example.com/reset-password#for-nina')
    expect(user('nina')?.is_platform_admin).toBe(false)
    await press('I have sent it')
    expect(document.body.textContent).not.toContain('#for-nina')
    await eventually(() => shown.text().includes('nina') || undefined)
  })

  it('say at the field that a name is taken', async () => {
    await openUsers()
    await press('New user')
    await fill('user-username', 'otto')
    await send()

    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(dialog().querySelector('#user-username-about')?.textContent).toContain('There is a user')
  })

  it('are made platform administrators, but nobody changes the own rights', async () => {
    await openUsers()
    await press('Edit root')
    expect(dialog().querySelector('input[type=checkbox]')).toBeNull()
    await press('Cancel')

    await press('Edit otto')
    dialog().querySelector<HTMLInputElement>('input[type=checkbox]')?.click()
    await send()

    await eventually(() => user('otto')?.is_platform_admin || undefined)
  })

  it('are disabled after a question that says what it does, and enabled again', async () => {
    const shown = await openUsers()
    expect(shown.find('[aria-label="Disable root"]').exists()).toBe(false)
    await press('Disable otto')
    expect(dialog().textContent).toContain('signed out everywhere at once')
    await press('Disable')
    await eventually(() => shown.find('[aria-label="Enable otto"]').exists() || undefined)
    expect(user('otto')?.is_active).toBe(false)

    await press('Enable otto')
    await press('Enable')

    await eventually(() => user('otto')?.is_active || undefined)
  })

  it('are signed out everywhere after a question', async () => {
    const shown = await openUsers()
    expect(shown.find('[aria-label="Sign out root"]').exists()).toBe(false)
    await press('Sign out otto')
    expect(held.api.accounts.signedOut).toEqual([])
    await press('Sign out')

    await eventually(() => held.api.accounts.signedOut.includes('otto') || undefined)
  })

  it('get a new reset link, shown once', async () => {
    await openUsers()
    await press('Reset link for otto')
    await press('Make the link')

    const link = await eventually(() => document.querySelector('[aria-label=Link]') ?? undefined)
    expect(link.textContent).toBe('https://ips.example.com/reset-password#again')
  })

  it('can be narrowed to those who are disabled, by a link as well', async () => {
    held.api.accounts.users.push(newUser({ username: 'gone', is_active: false }))
    const shown = await openUsers('/users?state=disabled')

    expect(shown.findAll('tbody tr').map((row) => row.get('strong').text())).toEqual(['gone'])
  })

  it('are in nobody else’s menu', async () => {
    held.api.me = person('ada', 'admin')
    const shown = await open('/tasks')

    expect(shown.find('[href="/users"]').exists()).toBe(false)
  })
})
