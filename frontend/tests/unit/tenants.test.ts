import { beforeEach, describe, expect, it } from 'vitest'

import { router } from '@/router'

import { newTenant, newUser } from '../accountRows'
import { problem } from '../answers'
import { dialog, eventually, fill, open, press, send, settled, useFakeApi } from '../page'
import { newNode, person, platformAdmin } from '../rows'

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
    await send()
    await eventually(() => shown.text().includes('tasks up to priority 10') || undefined)

    expect(held.api.accounts.tenants.at(-1)).toMatchObject({ slug: 'data', max_priority: 10 })
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

  it('get another name, and limits of their own', async () => {
    const shown = await openShop()
    await press('Edit')
    await fill('tenant-name', 'The web shop')
    await fill('max_running_tasks', '3')
    await fill('node_pool', 'pool=shop')
    await fill('denied_images', 'docker.io/**:latest\nghcr.io/**')
    await send()

    await eventually(() => shown.get('h1').text() === 'The web shop' || undefined)
    const own = { max_running_tasks: 3, max_nodes_at_once: null, max_priority: 5, node_pool: 'pool=shop' }
    const lists = { allowed_images: null, denied_images: ['docker.io/**:latest', 'ghcr.io/**'], pull_secrets: null }
    expect(held.api.accounts.tenants[1]).toMatchObject({ name: 'The web shop', ...own, ...lists })
  })

  it('may be allowed any image, only some, or none, and the three are told apart', async () => {
    const shown = await openShop()
    const images = () => shown.get('.rules').text()
    expect(images()).toContain('Imagesany')
    await press('Edit')
    await choose('allowed_images', 'true')
    expect(dialog().textContent).toContain('it may pull no image at all')
    await send()
    await eventually(() => images().includes('none: it may pull nothing') || undefined)
    expect(held.api.accounts.tenants[1]).toMatchObject({ allowed_images: [], pull_secrets: null })

    await press('Edit')
    await fill('allowed_images', 'registry.example.com/shop/**')
    await send()
    await eventually(() => images().includes('registry.example.com/shop/**') || undefined)

    await press('Edit')
    await choose('allowed_images', 'false')
    await send()
    await eventually(() => images().includes('Imagesany') || undefined)
    expect(held.api.accounts.tenants[1]).toMatchObject({ allowed_images: null })
  })

  it('lose a limit that is emptied', async () => {
    held.api.accounts.tenants = [newTenant(), { ...shop, max_api_keys: 2 }]
    await openShop()
    await press('Edit')
    await fill('max_api_keys', '')
    await send()

    await eventually(() => (held.api.accounts.tenants[1]?.max_api_keys === null ? true : undefined))
  })

  it('show how much of each limit is used, and which is used up', async () => {
    held.api.accounts.usage = { running_tasks: { used: 3, limit: 3 }, pairs_today: { used: 850, limit: 1000 } }
    const shown = await openShop()
    await eventually(() => shown.text().includes('850 of 1,000') || undefined)

    const [running, nodes, today] = shown.findAll('.limit').map((limit) => limit.text())
    expect(running).toMatch(/Tasks at once.*3 of 3.*used up/s)
    expect(nodes).toMatch(/Nodes at once.*0 of 100/s)
    expect(today).not.toContain('used up')
  })

  it('say at the field what is wrong with a rule', async () => {
    await openShop()
    await press('Edit')
    await fill('node_pool', 'pool==shop')
    await send()

    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(dialog().querySelector('#node_pool-about')?.textContent).toContain('Cannot read')
  })

  it('are not changed over what somebody else wrote meanwhile', async () => {
    await openShop()
    await press('Edit')
    held.api.accounts.tenants = held.api.accounts.tenants.map((one) => ({ ...one, max_running_tasks: 9 }))
    await fill('tenant-name', 'Mine')
    await send()

    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(dialog().textContent).toContain('Somebody has changed this since you read it.')
    expect(held.api.accounts.tenants[1]).toMatchObject({ name: 'The shop', max_running_tasks: 9 })
  })

  it('that are not there say so', async () => {
    const shown = await open('/tenants/00000000-0000-4000-8000-00000000dead')
    await eventually(() => shown.text().includes('This tenant was not found') || undefined)
  })
})

describe('a quota that is used up', () => {
  it('is told to whoever starts a task, with the remedy', async () => {
    const detail = 'shop may have 3 tasks at once that are not over (max_running_tasks) and has 3. Wait until one ends.'
    held.api.nodes = [newNode()]
    const shown = await open('/tasks/new')
    await fill('images', 'nginx:1.27')
    await shown.get('input[value=all]').setValue()
    await eventually(() => /1 image on/.test(shown.get('.side').text()) || undefined)
    held.api.answers.push(problem(409, 'quota_exceeded', detail))
    await shown.get('form').trigger('submit')

    await eventually(() => shown.text().includes(detail) || undefined)
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

  it('do not get a role over one that was given meanwhile', async () => {
    await openShop()
    await press('Change role of otto')
    held.api.accounts.members = held.api.accounts.members.map((member) => ({ ...member, role: 'viewer' }))
    dialog().querySelector<HTMLInputElement>('input[value=admin]')?.click()
    await send()

    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(roles()).toEqual([['otto', 'viewer']])
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

/** Press one of the choices of a rule. */
async function choose(name: string, value: string) {
  dialog().querySelector<HTMLInputElement>(`input[name=${name}][value=${value}]`)?.click()
  await settled()
}

function adminOf(tenant: string) {
  const [first] = person('otto', 'admin').memberships
  if (!first) throw new Error('no membership')
  return { ...first, tenant }
}
