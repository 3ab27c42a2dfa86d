import { describe, expect, it } from 'vitest'

import { changeOf, draftOf } from '@/policies/draft'
import { keeps, policyTarget } from '@/policies/words'
import { router } from '@/router'

import { dialog, eventually, fill, open, pick, press, settled, useFakeApi } from '../page'
import { newMissing, newPolicy } from '../policyRows'
import { person } from '../rows'

const held = useFakeApi()

async function openPolicies(path = '/policies') {
  const shown = await open(path)
  await eventually(() => shown.find('table, .empty').exists() || undefined)
  return shown
}

describe('policies', () => {
  it('say what they are for while there is none', async () => {
    const shown = await openPolicies()

    expect(shown.text()).toContain('keeps images warm by itself')
  })

  it('show how much is warm, what is missing, and what is not known', async () => {
    const coverage = { percent: 97.5, nodes: 40, pairs: 40, warm: 39, missing: 0, unknown: 1 }
    held.api.policies.policies = [newPolicy({ state: 'cannot', problem: 'The registry refuses.', coverage })]
    const shown = await openPolicies()

    expect(shown.get('tbody').text()).toMatch(/Cannot keep up.*The registry refuses.*97.5%.*39 warm, 1 unknown/s)
    expect(shown.find('.bar .missing').exists()).toBe(false)
  })

  it('are narrowed by how they fare', async () => {
    held.api.policies.policies = [newPolicy(), newPolicy({ name: 'mended', state: 'gap' })]
    const shown = await openPolicies('/policies?state=gap')

    expect(shown.findAll('tbody tr').length).toBe(1)
  })

  it('are paused, go on, and are deleted after a question', async () => {
    held.api.policies.policies = [newPolicy()]
    const shown = await openPolicies()
    await pick('More for web shop', 'Pause')
    await eventually(() => shown.get('tbody').text().includes('Paused') || undefined)
    await pick('More for web shop', 'Resume')
    await eventually(() => shown.get('tbody').text().includes('Covered') || undefined)

    await pick('More for web shop', 'Delete')
    expect(dialog().textContent).toContain('the images on the nodes stay')
    await press('Delete the policy')

    await eventually(() => shown.text().includes('No policies yet') || undefined)
  })

  it('are for a viewer to look at', async () => {
    held.api.me = person('vera', 'viewer')
    held.api.policies.policies = [newPolicy()]
    const shown = await openPolicies()

    expect(shown.findAll('tbody button')).toEqual([])
    expect(shown.findAll('.page__head button')).toEqual([])
  })
})

describe('a policy’s form', () => {
  async function openForm(path = '/policies/new') {
    const shown = await open(path)
    await eventually(() => shown.find('#policy-name').exists() || undefined)
    await settled()
    return shown
  }

  it('shows what it would cover, and makes it', async () => {
    const shown = await openForm()
    await fill('policy-name', 'gpu')
    await fill('images', 'nginx:1.27')
    await fill('node-selector', 'pool=gpu')
    await eventually(() => shown.get('.preview').text().includes('66.6%') || undefined)
    expect(shown.get('.preview').text()).toMatch(/On\s*3 nodes.*2 warm, 1 missing/s)
    await shown.get('form').trigger('submit')
    await eventually(() => router.currentRoute.value.name === 'policy' || undefined)

    expect(held.api.policies.lastWish).toMatchObject({
      ...{ name: 'gpu', images: ['nginx:1.27'], follow: null, node_selector: 'pool=gpu', priority: 2 },
    })
  })

  it('follows workloads instead of images', async () => {
    const shown = await openForm()
    await fill('policy-name', 'follow')
    await shown.get('fieldset input[type=checkbox]').setValue(true)
    await fill('namespaces', 'web-shop\nbilling')
    await fill('workload-selector', 'tier=front')
    await shown.get('input[value=CronJob]').setValue(false)
    await shown.get('input[value=all]').setValue()
    await shown.get('form').trigger('submit')
    await eventually(() => router.currentRoute.value.name === 'policy' || undefined)

    const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job']
    expect(held.api.policies.lastWish.follow).toEqual({
      ...{ namespaces: ['web-shop', 'billing'], selector: 'tier=front', kinds },
    })
  })

  it('says at the field that a namespace is not attached', async () => {
    const shown = await openForm()
    await shown.get('fieldset input[type=checkbox]').setValue(true)
    await fill('namespaces', 'kube-system')
    await shown.get('input[value=all]').setValue()

    await eventually(() => shown.find('#namespaces-about [role=alert]').exists() || undefined)
    expect(shown.get('#namespaces-about').text()).toContain('kube-system is not attached')
  })

  it('says what is missing', async () => {
    const shown = await openForm()
    await shown.get('form').trigger('submit')
    await settled()

    expect(shown.text()).toContain('Enter a name')
    expect(shown.text()).toContain('or follow workloads')
    expect(held.api.asked.join()).not.toContain('POST /api/v1/policies/')
  })

  it('keeps what it has no field for', () => {
    const task = { batch_size: 3, webhooks: ['w-1'], pull_secrets: ['s'] }
    const names = { all_nodes: false, node_names: ['a', 'b'] }

    expect(changeOf(draftOf(newPolicy({ task, ...names })))).toMatchObject({ task, node_names: ['a', 'b'] })
  })
})

describe('a policy’s page', () => {
  async function openPolicy(policy = newPolicy()) {
    held.api.policies.policies = [policy]
    const shown = await open(`/policies/${policy.id}`)
    await eventually(() => shown.text().includes('Not covered') || undefined)
    await settled()
    return shown
  }

  it('says what is missing where, since when, and why', async () => {
    held.api.policies.missing = [newMissing(), newMissing({ node: 'node-8', blocked: 'node_unready', images: [] })]
    const shown = await openPolicy()
    const rows = await eventually(() => (shown.find('tbody').exists() ? shown.get('tbody').text() : undefined))

    expect(rows).toMatch(/node-7.*Missing.*nginx:1.27.*it was there, and is gone.*Disk full, 3 times in a row/s)
    expect(rows).toMatch(/node-8.*waits: node not ready.*Nothing is known of it/s)
  })

  it('says so when nothing is missing', async () => {
    const shown = await openPolicy()

    await eventually(() => shown.text().includes('All its images are on all of its nodes.') || undefined)
  })

  it('is checked now, paused, and goes on', async () => {
    const shown = await openPolicy()
    await press('Check now')
    expect(held.api.asked.join()).toContain('/check/')
    await press('Pause')
    await eventually(() => shown.text().includes('Paused') || undefined)

    await press('Resume')

    await eventually(() => shown.text().includes('Check now') || undefined)
  })

  it('shows the workloads that it follows', async () => {
    const follow = { namespaces: ['web'], selector: '', kinds: [] }
    const workload = { kind: 'Deployment', namespace: 'web', name: 'front', images: ['nginx:1'], ignored: [], nodes: 4 }
    const problems = ['IPS may not list jobs in namespace web.']
    held.api.policies.workloads = { read_at: '2026-11-24T08:00:00Z', problems, workloads: [workload] }
    const shown = await openPolicy(newPolicy({ follow }))

    await eventually(() => shown.text().includes('Deployment in web') || undefined)
    expect(shown.text()).toContain('IPS may not list jobs')
  })

  it('says so when there is none', async () => {
    const shown = await open('/policies/00000000-0000-4000-8000-00000000dead')

    await eventually(() => shown.text().includes('This policy was not found') || undefined)
  })
})

describe('words about policies', () => {
  it('say what is kept warm, and where', () => {
    const follow = { namespaces: ['a', 'b'], selector: '', kinds: [] }
    expect(keeps({ images: ['x', 'y'], image_lists: ['l'], follow })).toBe(
      'x + 1 more, the images of a list, what runs in a, b',
    )
    expect(policyTarget(newPolicy({ all_nodes: false, node_names: ['n1', 'n2'] }))).toBe('2 nodes')
  })
})
