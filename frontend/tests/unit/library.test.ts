import { beforeEach, describe, expect, it } from 'vitest'

import { holds, parseTags } from '@/library/words'
import { router } from '@/router'

import { newImageList } from '../accountRows'
import { dialog, eventually, fill, open, press, send, settled, useFakeApi } from '../page'
import { newNode, person } from '../rows'

const held = useFakeApi()

beforeEach(() => {
  held.api.accounts.imageLists = [
    newImageList({ name: 'web shop', images: ['nginx:1.27', 'redis:7'], tags: ['release'] }),
    newImageList({ name: 'tools', images: ['busybox:1.37'] }),
  ]
})

async function openLibrary(path = '/library') {
  const shown = await open(path)
  await eventually(() => shown.find('table, .empty').exists() || undefined)
  return shown
}

const lists = () => held.api.accounts.imageLists.map(({ name, images, tags }) => ({ name, images, tags }))

describe('the image library', () => {
  it('gets a new list from images that were pasted', async () => {
    held.api.accounts.imageLists = []
    const shown = await openLibrary()
    await press('New list')
    await fill('list-name', 'release 2.4')
    await fill('images', '- nginx:1.27\n- redis:7, nginx:1.27')
    await fill('list-tags', 'shop, weekly ,shop')
    await send()
    await eventually(() => shown.find('table').exists() || undefined)

    expect(lists()).toEqual([{ name: 'release 2.4', images: ['nginx:1.27', 'redis:7'], tags: ['shop', 'weekly'] }])
  })

  it('tells the line of the image that cannot be', async () => {
    await openLibrary()
    await press('New list')
    await fill('list-name', 'x')
    await fill('images', 'nginx:1.27\n\nNGINX:2')
    await send()

    const errors = await eventually(() => dialog().querySelector('.errors') ?? undefined)
    expect(errors.textContent).toMatch(/Line 3.*NGINX:2.*Image names are lower case/s)
    expect(lists().length).toBe(2)
  })

  it('has its lists edited, but not over what somebody else wrote meanwhile', async () => {
    await openLibrary()
    await press('Edit tools')
    await fill('images', 'busybox:1.37\nalpine:3')
    held.api.accounts.imageLists = held.api.accounts.imageLists.map((list) => ({ ...list, notes: 'changed by ruth' }))
    await send()
    await eventually(() => dialog().querySelector('[role=alert]') ?? undefined)
    expect(dialog().textContent).toContain('Somebody has changed this since you read it.')
    await press('Cancel')

    await press('Edit tools')
    expect(dialog().textContent).toContain('Edit tools')
    await fill('images', 'busybox:1.37\nalpine:3')
    await send()

    await eventually(() => (lists()[1]?.images.length === 2 ? true : undefined))
  })

  it('has its lists deleted after a question', async () => {
    const shown = await openLibrary()
    await press('Delete tools')
    expect(lists().length).toBe(2)
    await press('Delete the list')

    await eventually(() => (shown.findAll('tbody tr').length === 1 ? true : undefined))
    expect(lists().map(({ name }) => name)).toEqual(['web shop'])
  })

  it('is narrowed to a tag', async () => {
    const shown = await openLibrary()
    await shown.get('.tag').trigger('click')
    await eventually(() => (shown.findAll('tbody tr').length === 1 ? true : undefined))

    expect(router.currentRoute.value.query).toEqual({ tag: 'release' })
  })

  it('is for a viewer to read alone', async () => {
    held.api.me = person('vera', 'viewer')
    const shown = await openLibrary()

    expect(shown.text()).toContain('web shop')
    expect(shown.findAll('.acts *')).toEqual([])
    expect(shown.find('.page__head button').exists()).toBe(false)
  })
})

describe('a new task', () => {
  it('takes the images of a list, without any written out', async () => {
    held.api.nodes = [newNode()]
    const [list] = held.api.accounts.imageLists
    const shown = await open(`/tasks/new?list=${list?.id}`)
    await eventually(() => shown.find('.lists').exists() || undefined)
    await shown.get('input[value=all]').setValue()
    await shown.get('form').trigger('submit')
    await settled()
    await eventually(() => router.currentRoute.value.name === 'task' || undefined)

    expect(held.api.lastTask).toMatchObject({ images: [], image_lists: [list?.id], all_nodes: true })
  })

  it('says nothing of lists where there are none', async () => {
    held.api.accounts.imageLists = []
    const shown = await open('/tasks/new')
    await eventually(() => shown.find('#images').exists() || undefined)
    await settled()

    expect(shown.text()).not.toContain('Image lists')
  })
})

describe('words about lists', () => {
  it('read tags and say what a list holds', () => {
    expect(parseTags(' a, b,,a ')).toEqual(['a', 'b'])
    expect(holds(['a', 'b'], 4)).toBe('a, b and 2 more')
    expect([holds(['a'], 1), holds(['a', 'b'], 2)]).toEqual(['a', 'a, b'])
  })
})
