import { describe, expect, it } from 'vitest'

import { draftFrom, emptyDraft, toRequest } from '@/tasks/draft'

import { newTask } from '../rows'

describe('a request', () => {
  it('names its nodes in exactly one way', () => {
    const draft = { ...emptyDraft('default'), images: 'nginx', selector: 'pool=gpu', names: 'a b' }

    expect(toRequest({ ...draft, target: 'selector' })).toMatchObject({ node_selector: 'pool=gpu' })
    expect(toRequest({ ...draft, target: 'selector' })).not.toHaveProperty('node_names')
    expect(toRequest({ ...draft, target: 'names' })).toMatchObject({ node_names: ['a', 'b'] })
    expect(toRequest({ ...draft, target: 'all' })).toMatchObject({ all_nodes: true })
    expect(toRequest({ ...draft, target: 'all' })).not.toHaveProperty('node_selector')
  })

  it('leaves out what was left empty, so that the server’s defaults apply', () => {
    const request = toRequest(emptyDraft('default'))

    expect(request).not.toHaveProperty('timeout_seconds')
    expect(request).not.toHaveProperty('failure_limit')
    expect(request).not.toHaveProperty('pull_secrets')
    expect(request).not.toHaveProperty('name')
  })

  it('leaves out a number that was emptied again', () => {
    const draft = emptyDraft('default')
    Object.assign(draft.limits, { first_wave: null })

    expect(toRequest(draft)).not.toHaveProperty('first_wave')
  })

  it('of a clone asks for the same as the task', () => {
    const task = newTask()
    const asked = {
      images: ['nginx:1.27', 'redis:7'],
      all_nodes: false,
      node_selector: 'pool=gpu,zone in (a,b)',
      first_wave: 1,
      failure_limit: '10%',
      pull_secrets: ['one', 'two'],
      allow_skipped: true,
      priority: 7,
    }

    expect(toRequest(draftFrom({ ...task, ...asked }))).toMatchObject({
      images: asked.images,
      node_selector: asked.node_selector,
      first_wave: 1,
      failure_limit: '10%',
      pull_secrets: ['one', 'two'],
      allow_skipped: true,
      priority: 7,
    })
  })
})
