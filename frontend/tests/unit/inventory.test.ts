import { beforeEach, describe, expect, it } from 'vitest'

import { howKnown } from '@/inventory/words'
import { router } from '@/router'

import { eventually, fill, open, press, settled, useFakeApi } from '../page'
import { newNode, person } from '../rows'

const held = useFakeApi()
const at = '2026-11-24T08:00:00Z'
const nginx = 'docker.io/library/nginx:1.27'

beforeEach(() => {
  held.api.inventory.images = [
    { image: nginx, kind: 'tag', bytes: 70_000_000, told_at: at, nodes: 8, absent: 1, unknown: 1 },
  ]
  const there = { presence: 'present', as_of: at, how_known: 'node_status', why: '', digest: 'sha256:1', bytes: 7 } as const
  const cut = { presence: 'unknown', as_of: null, how_known: '', why: 'list_cut', digest: '', bytes: null } as const
  held.api.inventory.nodesOf = { [nginx]: [{ node: 'a', ...there }, { node: 'b', ...cut }] }
  held.api.inventory.imagesOf = { 'node-1': [{ image: nginx, kind: 'tag', ...there }] }
})

describe('the images on nodes', () => {
  it('are listed with on how many nodes each is, and of how many that is not known', async () => {
    const shown = await open('/images')
    await eventually(() => shown.find('table').exists() || undefined)

    expect(shown.get('tbody').text()).toMatch(/nginx:1.27.*8 warm, 1 missing, 1 unknown of 10 nodes.*70 MB/s)
  })

  it('show their nodes, and how that is known', async () => {
    const shown = await open('/images')
    await eventually(() => shown.find('table').exists() || undefined)
    await shown.get('tbody button').trigger('click')
    const list = await eventually(() => document.querySelector('.el-drawer ul') ?? undefined)

    expect(list.textContent).toMatch(/There.*a.*the node says so.*Unknown.*b.*does not list all its images/s)
    expect(router.currentRoute.value.query).toEqual({ image: nginx })
  })

  it('of one node open from the list of nodes', async () => {
    held.api.nodes = [newNode({ name: 'node-1' })]
    const shown = await open('/nodes')
    await eventually(() => shown.find('tbody').exists() || undefined)
    await shown.get('tbody button').trigger('click')

    const list = await eventually(() => document.querySelector('.el-drawer ul') ?? undefined)
    expect(list.textContent).toContain('nginx:1.27')
    expect(router.currentRoute.value.query).toEqual({ node: 'node-1' })
  })

  it('say so where the node is gone', async () => {
    await open('/nodes?node=gone')

    const alert = await eventually(() => document.querySelector('.el-drawer [role=alert]') ?? undefined)
    expect(alert.textContent).toContain('This node was not found')
  })
})

describe('the question of coverage', () => {
  it('is answered while one types, and the address keeps it', async () => {
    const shown = await open('/coverage')
    await fill('coverage-images', 'nginx:1.27')
    await fill('coverage-selector', 'pool=web')

    await eventually(() => shown.text().includes('Yes: it is on all 3 nodes.') || undefined)
    expect(router.currentRoute.value.query).toEqual({ image: ['nginx:1.27'], selector: 'pool=web' })
  })

  it.each([
    [{ ready: 2, missing: 1, unknown: 0 }, /Not everywhere: 1 node.*66.6%.*node-9/s],
    [{ ready: 2, missing: 0, unknown: 1 }, /Perhaps: of 1 node it is not known/],
    [{ ready: 0, missing: 0, unknown: 0 }, /No node matches/],
  ])('of %o is told', async (share, words) => {
    held.api.inventory.share = share
    const shown = await open('/coverage?image=nginx:1.27')

    await eventually(() => shown.find('.verdict').exists() || undefined)
    expect(shown.text()).toMatch(words)
  })

  it('says at the field that an image is none', async () => {
    const shown = await open('/coverage')
    await fill('coverage-images', 'NGINX')

    await eventually(() => shown.find('#coverage-images-about [role=alert]').exists() || undefined)
    expect(shown.get('#coverage-images-about').text()).toContain('lower case')
  })

  it('gives an operator a badge, and a viewer none', async () => {
    const shown = await open('/coverage?image=nginx:1.27')
    await eventually(() => shown.text().includes('Make a badge') || undefined)
    await press('Make a badge')
    await eventually(() => shown.find('[aria-label="Markdown of the badge"]').exists() || undefined)
    expect(shown.get('[aria-label="Markdown of the badge"]').text()).toMatch(/^!\[images warm\]\(http/)
  })

  it('gives a viewer no badge', async () => {
    held.api.me = person('vera', 'viewer')
    const shown = await open('/coverage?image=nginx:1.27')
    await eventually(() => shown.find('.verdict').exists() || undefined)
    await settled()

    expect(shown.text()).not.toContain('Make a badge')
  })
})

describe('words about what is known', () => {
  it('say why something is not', () => {
    expect(howKnown({ how_known: 'own_pull', why: '' })).toBe('a pull of IPS showed it')
    expect(howKnown({ how_known: 'own_pull', why: 'node_unready' })).toContain('the node is not ready')
  })
})
