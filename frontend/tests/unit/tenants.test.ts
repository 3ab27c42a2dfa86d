import { beforeEach, describe, expect, it } from 'vitest'

import { router } from '@/router'

import { newTenant, newUser } from '../accountRows'
import { dialog, eventually, fill, open, press, send, useFakeApi } from '../page'
import { person, platformAdmin } from '../rows'

const held = useFakeApi()
const shop = newTenant({ slug: 'shop', name: 'The shop', max_priority: 5 })

beforeEach(() => {
  held.api.me = platformAdmin()
  held.api.accounts.tenants = [newTenant(), shop]
  held.api.accounts.users = [newUser({ username: 'otto' }), newUser({ username: 'nina' })]
  held.api.accounts.members = [{ id: 1, tenant: 'shop', username: 'otto', active: true, role: 'operator' }]
})

async function openShop() {
  const shown = await open(`/tenants/${shop.id}`)
  await eventually(() => shown.find('table').exists() || undefined)
  return shown
}

const roles = () => held.api.accounts.members.map(({ username, role }) => [username, role])

describe('tenants', () => {
  it('are listed, and a new one leads to its page', async () => {
    const shown = await open('/tenants')
    await eventually(() => shown.text().includes('The shop') || undefined)
    await press('New tenant')
    await fill('tenant-slug', 'data')
    await fill('tenant-priority', '7')
    await send()
    await eventually(() => shown.text().includes('tasks up to priority 7') || undefined)

    expect(held.api.accounts.tenants.at(-1)).toMatchObject({ slug: 'data', max_priority: 7 })
    expect(document.title).toBe('data · IPS')
  })

  it('say at the field that a short name is taken', async () => {
    const shown = await open('/tenants')
    await eventually(() => shown.find('table').exists() || undefined)
    await press('New tenant')
    await fill('tenant-slug', 'shop')
    await send()

    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(dialog().querySelector('#tenant-slug-about')?.textContent).toContain('There is a tenant')
  })

  it('get another name and another highest priority', async () => {
    const shown = await openShop()
    await press('Edit')
    await fill('tenant-name', 'The web shop')
    await send()

    await eventually(() => shown.get('h1').text() === 'The web shop' || undefined)
    expect(held.api.accounts.tenants[1]).toMatchObject({ name: 'The web shop', max_priority: 5 })
  })

  it('that are not there say so', async () => {
    const shown = await open('/tenants/00000000-0000-4000-8000-00000000dead')
    await eventually(() => shown.text().includes('This tenant was not found') || undefined)
  })
})

describe('a tenant’s members', () => {
  it('are added with a role', async () => {
    const shown = await openShop()
    await press('Add a member')
    await fill('member-username', 'nina')
    dialog().querySelector<HTMLInputElement>('input[value=viewer]')?.click()
    await send()

    await eventually(() => shown.text().includes('nina') || undefined)
    expect(roles()).toEqual([
      ['otto', 'operator'],
      ['nina', 'viewer'],
    ])
  })

  it('must have an account, which is told at the field', async () => {
    await openShop()
    await press('Add a member')
    await fill('member-username', 'nobody')
    await send()

    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(dialog().querySelector('#member-username-about')?.textContent).toContain('There is no such user.')
  })

  it('get another role, and are removed after a question', async () => {
    const shown = await openShop()
    await press('Change role of otto')
    dialog().querySelector<HTMLInputElement>('input[value=admin]')?.click()
    await send()
    await eventually(() => shown.get('tbody').text().includes('Admin') || undefined)
    expect(roles()).toEqual([['otto', 'admin']])

    await press('Remove otto')
    expect(dialog().textContent).toContain('sees nothing of shop from now on')
    await press('Remove')

    await eventually(() => shown.text().includes('No members yet') || undefined)
  })

  it('are for an admin to manage, but not the own role, and not the tenant itself', async () => {
    held.api.me = { ...person('otto', 'admin'), memberships: [{ ...adminOf('shop') }] }
    held.api.accounts.members.push({ id: 2, tenant: 'shop', username: 'nina', active: true, role: 'viewer' })
    const shown = await openShop()

    const labels = shown.findAll('button').map((button) => button.attributes('aria-label') ?? button.text())
    expect(labels).toContain('Remove nina')
    expect(labels).not.toContain('Remove otto')
    expect(labels).not.toContain('Edit')
  })

  it('of the only tenant are where its admin is led at once', async () => {
    held.api.me = { ...person('otto', 'admin'), memberships: [{ ...adminOf('shop') }] }
    held.api.accounts.tenants = [shop]
    await open('/tenants')

    await eventually(() => router.currentRoute.value.params.id === shop.id || undefined)
  })
})

function adminOf(tenant: string) {
  const [first] = person('otto', 'admin').memberships
  if (!first) throw new Error('no membership')
  return { ...first, tenant }
}
