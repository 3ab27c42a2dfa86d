import { beforeEach, describe, expect, it } from 'vitest'

import { router } from '@/router'

import { eventually, open, settled, useFakeApi } from '../page'
import { person, platformAdmin } from '../rows'

const held = useFakeApi()

type Shown = Awaited<ReturnType<typeof open>>

beforeEach(() => {
  held.api.me = platformAdmin()
})

async function openSettings(): Promise<Shown> {
  const shown = await open('/settings')
  await eventually(() => shown.find('#cap_cluster').exists() || undefined)
  return shown
}

async function setNumber(shown: Shown, id: string, value: string): Promise<void> {
  const input = shown.get<HTMLInputElement>(`input#${id}, #${id} input`)
  await input.setValue(value)
  await input.trigger('change')
}

async function press(text: string): Promise<void> {
  const button = await eventually(() =>
    [...document.querySelectorAll('button')].find((each) => each.textContent.trim() === text),
  )
  button.click()
  await settled()
}

async function save(shown: Shown): Promise<void> {
  await shown.get('form').trigger('submit')
  await settled()
}

describe('the settings', () => {
  it('are in the menu of platform administrators only', async () => {
    const shown = await open('/tasks')
    expect(shown.get('[aria-label=Main]').text()).toContain('Administration')
    shown.unmount()

    held.api.me = person('ada', 'admin')
    const { useSession } = await import('@/stores/session')
    useSession().me = held.api.me
    expect((await open('/tasks')).find('[href="/settings"]').exists()).toBe(false)
  })

  it('tell others whose they are, in the API’s words', async () => {
    held.api.me = person('ada', 'admin')
    const shown = await open('/settings')
    await eventually(() => shown.find('[role=alert]').exists() || undefined)

    expect(shown.get('[role=alert]').text()).toContain('Only a platform administrator may do this.')
    expect(shown.find('form').exists()).toBe(false)
  })

  it('are saved, and only what was changed is sent; the list of changes says so', async () => {
    const shown = await openSettings()

    await setNumber(shown, 'cap_cluster', '12')
    expect(shown.text()).toContain('1 unsaved change')
    await save(shown)
    await eventually(() => shown.text().includes('Saved.') || undefined)

    expect(held.api.audit.map(({ after }) => after)).toEqual([{ cap_cluster: 12 }])
    expect(shown.text()).toMatch(/Pull jobs in the cluster: 100\s*→\s*12/)
    expect(shown.text()).toContain('Changed by root')
    expect(shown.text()).toContain('Back to the default (100)')
  })

  it('show the API’s error at the line of the host that it is about, and keep what was typed', async () => {
    const shown = await openSettings()

    await press('Add a host')
    await shown.get('[aria-label="Registry host 1"]').setValue('quay')
    const cap = shown.get<HTMLInputElement>('input[aria-label="Cap of registry host 1"]')
    await cap.setValue('4')
    await cap.trigger('change')
    await save(shown)
    await eventually(() => shown.find('[role=alert]').exists() || undefined)

    expect(shown.get('li [role=alert]').text()).toBe('This is no registry host.')
    expect(shown.get<HTMLInputElement>('[aria-label="Registry host 1"]').element.value).toBe('quay')
    expect(held.api.audit).toEqual([])
  })

  it('that somebody else changed meanwhile are read anew; one’s own changes stay, unsaved', async () => {
    const shown = await openSettings()
    await setNumber(shown, 'cap_tenant', '7')
    held.api.changeSettings({ cap_cluster: 9 }, 'ruth')

    await save(shown)
    await eventually(() => shown.text().includes('Somebody else changed settings') || undefined)
    expect(held.api.settings.cap_tenant).toBe(100)
    expect(shown.text()).toContain('Read anew: Pull jobs in the cluster.')

    await save(shown)
    await eventually(() => shown.text().includes('Saved.') || undefined)
    expect([held.api.settings.cap_cluster, held.api.settings.cap_tenant]).toEqual([9, 7])
  })

  it('that are not saved are not lost without a question', async () => {
    const shown = await openSettings()
    await setNumber(shown, 'cap_tenant', '7')

    const leaving = router.push('/tasks')
    await press('Stay here')
    await leaving
    expect(router.currentRoute.value.path).toBe('/settings')
    expect(shown.text()).toContain('1 unsaved change')

    const again = router.push('/tasks')
    await press('Leave')
    await again
    expect(router.currentRoute.value.path).toBe('/tasks')
  })

  it('can be thrown away before they are saved', async () => {
    const shown = await openSettings()
    await setNumber(shown, 'cap_tenant', '7')

    await press('Discard')

    expect(shown.text()).toContain('Nothing to save.')
  })
})
