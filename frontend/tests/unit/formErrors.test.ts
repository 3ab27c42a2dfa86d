import { describe, expect, it } from 'vitest'

import { ApiError } from '@/api/problem'
import { emptyDraft, type Draft } from '@/tasks/draft'
import { missingParts, placeErrors } from '@/tasks/formErrors'

import { refusal } from '../rows'

const draft = (given: Partial<Draft>): Draft => ({ ...emptyDraft('default'), ...given })

describe('an error of the API', () => {
  it('is shown at the line of the image that it is about', () => {
    const sent = draft({ images: '# web\nnginx:1.27\n\nNGINX:latest' })

    const { images } = placeErrors(refusal('images/1'), sent)

    expect(images).toEqual([{ image: 'NGINX:latest', line: 4, detail: 'wrong: images/1' }])
  })

  it('counts images as they were sent: without those that are repeated', () => {
    const sent = draft({ images: 'redis:7\nredis:7\nBAD' })

    expect(placeErrors(refusal('images/1'), sent).images[0]?.line).toBe(3)
  })

  it('is shown at its field', () => {
    const { fields, general } = placeErrors(refusal('node_selector', 'batch_size'), draft({}))

    expect(fields).toEqual({ node_selector: 'wrong: node_selector', batch_size: 'wrong: batch_size' })
    expect(general).toBe('')
  })

  it('names the node that it is about', () => {
    const sent = draft({ target: 'names', names: 'a\nb' })

    expect(placeErrors(refusal('node_names/1'), sent).fields.node_names).toBe('b: wrong: node_names/1')
  })

  it('is shown above the button when the form has no such field', () => {
    expect(placeErrors(refusal('webhooks/0'), draft({})).general).toBe('webhooks/0: wrong: webhooks/0')
  })

  it('that names no field is shown as it is', () => {
    expect(placeErrors(new ApiError(503, 'unavailable', 'The node list is old.'), draft({})).general).toBe(
      'The node list is old.',
    )
  })
})

describe('a draft that lacks something', () => {
  it('says that an empty selector does not mean every node', () => {
    const { fields } = missingParts(draft({ images: 'nginx', target: 'selector', selector: '  ' }))

    expect(fields.node_selector).toContain('does not mean every node')
    expect(fields.images).toBeUndefined()
  })

  it('asks for an image and for a name', () => {
    const { fields } = missingParts(draft({ target: 'names' }))

    expect(Object.keys(fields)).toEqual(['images', 'node_names'])
  })

  it('has nothing to say about all nodes', () => {
    expect(missingParts(draft({ images: 'nginx', target: 'all' })).fields).toEqual({})
  })
})
