import { beforeEach, describe, expect, it } from 'vitest'

import { draftOf, wishOf } from '@/hooks/rules'
import { ruleWords, setUp } from '@/hooks/words'
import { router } from '@/router'

import { newArrival, newHook, newRule } from '../hookRows'
import { dialog, eventually, fill, open, press, send, settled, useFakeApi } from '../page'
import { person } from '../rows'

const held = useFakeApi()

beforeEach(() => {
  held.api.me = person('ada', 'admin')
})

async function openHooks(path = '/registry-hooks') {
  const shown = await open(path)
  await eventually(() => shown.find('table, .empty').exists() || undefined)
  return shown
}

describe('registry hooks', () => {
  it('are made, and show address and secret once, with what the registry is told', async () => {
    await openHooks()
    await press('New hook')
    await fill('hook-name', 'our registry')
    await send()
    await eventually(() => document.querySelector('[aria-label="Secret"]') ?? undefined)

    expect(dialog().textContent).toMatch(/hooksec_s.*https:\/\/ips.example\/hooks\/hook_t\/.*notifications:/s)
    await press('I have stored it')
    await eventually(() => router.currentRoute.value.name === 'registry-hook' || undefined)
    expect(document.body.textContent).not.toContain('hooksec_')
  })

  it('are for an operator to see, not to change', async () => {
    held.api.me = person('olga', 'operator')
    held.api.hooks.hooks = [newHook()]
    const shown = await openHooks()

    expect(shown.get('tbody').text()).toContain('nothing follows from a push')
    expect(shown.findAll('button').map((each) => each.text())).not.toContain('New hook')
    expect(shown.findAll('tbody button')).toEqual([])
  })

  it('are deleted after a question', async () => {
    held.api.hooks.hooks = [newHook()]
    await openHooks()
    await press('Delete our registry')
    await press('Delete the hook')

    await eventually(() => (held.api.hooks.hooks.length ? undefined : true))
  })
})

describe('a hook’s page', () => {
  async function openHook(hook = newHook({ rules: [newRule()] })) {
    held.api.hooks.hooks = [hook]
    const shown = await open(`/registry-hooks/${hook.id}`)
    await eventually(() => shown.text().includes('What arrived') || undefined)
    await settled()
    return shown
  }

  it('gets another rule, and the ones before stay the same', async () => {
    const old = newRule()
    const shown = await openHook(newHook({ rules: [old] }))
    await press('Add a rule')
    await fill('rule-repositories', 'shop/*')
    await fill('rule-tags', 'v*')
    await send()
    await eventually(() => shown.text().includes('shop/*, tags v*') || undefined)

    expect(held.api.hooks.lastWish).toMatchObject({
      rules: [{ id: old.id }, { repositories: 'shop/*', tags: 'v*', task: { all_nodes: true } }],
    })
  })

  it('says at the field what is wrong with a rule’s nodes', async () => {
    await openHook()
    await press('Edit the rule team/**')
    dialog().querySelector<HTMLInputElement>('input[value=selector]')?.click()
    await fill('node-selector', 'pool==gpu')
    await send()

    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(dialog().querySelector('#node-selector-about')?.textContent).toContain('Cannot read')
  })

  it('loses a rule after a question', async () => {
    await openHook()
    await press('Delete the rule team/**')
    await press('Delete the rule')

    await eventually(() => (held.api.hooks.hooks[0]?.rules.length ? undefined : true))
  })

  it('tells what arrived, and why nothing followed', async () => {
    const gathering = { id: 'g', rule: null, image: '', digest: '', pushes: 3, status: 'fired', since: '', due_at: null }
    const fired = { ...gathering, ended_at: null, task: 'a-task', code: '', message: '', pin: 'moved' } as const
    held.api.hooks.arrivals = [
      newArrival({ gatherings: [{ ...fired, status: 'fired' }] }),
      newArrival({ outcome: 'ignored', message: 'No rule of this hook is for this repository and tag.', times: 7 }),
    ]
    const shown = await openHook()
    const rows = await eventually(() => (shown.findAll('tbody').length > 1 ? shown.findAll('tbody')[1] : undefined))

    expect(rows.text()).toMatch(/Accepted.*Task made.*The tag was moved meanwhile.*of 3 pushes/s)
    expect(rows.text()).toMatch(/7 times within a minute.*Ignored.*No rule of this hook/s)
    expect(rows.get('a').attributes('href')).toBe('/tasks/a-task')
  })

  it('is tried with an example of its kind', async () => {
    await openHook()
    await press('Try it')
    await send()

    await eventually(() => dialog().querySelector('.events') ?? undefined)
    expect(dialog().textContent).toMatch(/Accepted.*team\/app:1.4.*team\/\*\*.*would make a task/s)
  })

  it('refuses to try what is no JSON', async () => {
    await openHook()
    await press('Try it')
    await fill('try-payload', '{')
    await send()

    expect(dialog().querySelector('[role=alert]')?.textContent).toContain('This is no JSON.')
  })

  it('gets a new address alone', async () => {
    await openHook()
    await press('Rotate')
    for (const box of dialog().querySelectorAll<HTMLInputElement>('input[type=checkbox]')) box.click()
    await send()
    await eventually(() => document.querySelector('[aria-label="Address"]') ?? undefined)

    expect(dialog().textContent).toContain('https://ips.example/hooks/hook_2/')
    expect(dialog().textContent).toContain('the secret as before')
    expect(held.api.hooks.lastWish).toEqual({ secret: false, token: true, overlap_hours: 24 })
  })

  it('says so when there is none', async () => {
    const shown = await open('/registry-hooks/00000000-0000-4000-8000-00000000dead')

    await eventually(() => shown.text().includes('This hook was not found') || undefined)
  })
})

describe('a rule', () => {
  it('keeps what its form has no field for', () => {
    const task = { all_nodes: true, webhooks: ['w-1'], name: 'pushed', batch_size: 2 }

    expect(wishOf(draftOf(newRule({ task })), 'r-1')).toMatchObject({ id: 'r-1', task })
  })

  it('is said in words', () => {
    expect(ruleWords({ repositories: '**', tags: '*' })).toBe('every repository')
    expect(ruleWords({ repositories: 'team/app', tags: 'v*' })).toBe('team/app, tags v*')
    expect(setUp('harbor', 'u', 's')).toContain('Auth Header: s')
  })
})
