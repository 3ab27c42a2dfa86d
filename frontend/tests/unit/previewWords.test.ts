import { describe, expect, it } from 'vitest'

import { byImportance, imageSays, nameParts, tally } from '@/tasks/preview/imageWords'
import { basis, bytesPerNode, inSpite, inTheWay, obstacles, waves } from '@/tasks/preview/words'

import { newPreview, newPreviewImage } from '../rows'

const found = newPreviewImage({ image: 'nginx:1.27' })
const missing = newPreviewImage({ image: 'nginx:9', registry: 'missing', message: 'There is no tag 9.', bytes: null })
const unknown = newPreviewImage({ image: 'private/x:1', registry: 'unknown', reason: 'unauthorized', bytes: null })
const checking = newPreviewImage({ image: 'slow/x:1', registry: 'checking', bytes: null })

describe('what is in the way of a task', () => {
  it('is nothing while every image is found or not known', () => {
    const preview = newPreview({ images: [found, unknown, checking] })

    expect(inTheWay(preview)).toBe('')
    expect(obstacles(preview)).toEqual([])
  })

  it('is an image that its registry does not have', () => {
    const preview = newPreview({ images: [found, missing] })

    expect(inTheWay(preview)).toBe('1 of 2 images is missing: it would fail, the others are pulled.')
    expect(obstacles(preview)).toEqual([{ image: 'nginx:9', text: 'There is no tag 9.' }])
    expect(inSpite(preview)).toEqual({
      title: '1 of 2 images is missing',
      outcome: 'The other image is pulled, and this one fails on every node without it.',
    })
  })

  it('leaves nothing to do when every image is missing', () => {
    const preview = newPreview({ images: [missing] })

    expect(inTheWay(preview)).toBe('This image is missing: there is nothing to pull.')
    expect(inSpite(preview).title).toBe('This would fail at once')
  })

  it('is that no node matches, before anything about images', () => {
    const preview = newPreview({ matched: 0, images: [missing] })

    expect(inTheWay(preview)).toBe('No node matches: there is nothing to pull on.')
    expect(obstacles(preview).map(({ image }) => image)).toEqual(['', 'nginx:9'])
  })

  it('is that all nodes that match would be left out', () => {
    const skipped = [{ reason: 'node_unready', hint: '', nodes: 3 }, { reason: 'wrong_os', hint: '', nodes: 1 }]

    expect(inTheWay(newPreview({ matched: 0, skipped }))).toBe('All 4 nodes that match would be left out.')
  })
})

describe('the pace', () => {
  const paced = (batches: number, first_wave: number, nodes_at_once: number) =>
    waves(newPreview({ waves: { batches, first_wave, nodes_at_once } }))

  it('is told by nodes at once and batches', () => {
    expect(paced(1, 0, 1)).toBe('one node at a time')
    expect(paced(482, 0, 50)).toBe('50 nodes at once, in 482 batches')
  })

  it('begins with the first wave, which is one of the batches', () => {
    expect(paced(482, 5, 50)).toBe('first 5 nodes alone, then 481 batches, 50 nodes at once')
    expect(paced(2, 1, 5)).toBe('first 1 node alone, then 1 batch, 5 nodes at once')
  })
})

describe('an estimate', () => {
  const measured = (measured_images: number) =>
    basis(newPreview({ images: [found, missing], estimate: { ...newPreview().estimate, measured_images } }))

  it('says on what it rests', () => {
    expect(measured(0)).toContain('a rough guess')
    expect(measured(1)).toContain('1 of the 2 images')
    expect(measured(2)).toContain('earlier pulls of these images')
  })

  it('of bytes is not complete while a size is not known', () => {
    expect(bytesPerNode(newPreview({ images: [found, unknown] }))).toEqual({ bytes: 58_000_000, complete: false })
    expect(bytesPerNode(newPreview({ images: [unknown] }))).toBeNull()
  })
})

describe('the images of a preview', () => {
  it('come with what needs to be seen first, and without those that nobody asked about', () => {
    const off = newPreviewImage({ image: 'off', registry: 'off' })

    expect(byImportance([found, off, checking, missing, unknown])).toEqual([missing, unknown, checking, found])
    expect(tally([found, missing, found])).toBe('1 missing · 2 found')
  })

  it('say their size and a few of their platforms', () => {
    const platforms = ['linux/386', 'linux/amd64', 'linux/arm64', 'linux/s390x']

    expect(imageSays(newPreviewImage({ platforms }))).toBe('58 MB · linux: 386, amd64, arm64 and 1 more')
    expect(imageSays(newPreviewImage({ platforms: ['windows/amd64'], bytes: null }))).toBe('windows/amd64')
  })

  it('say why nothing is known', () => {
    expect(imageSays(unknown)).toBe('Registry refused the credentials')
    expect(imageSays(missing)).toBe('There is no tag 9.')
  })

  it('have names that break between their parts, with the beginning of their digest', () => {
    expect(nameParts(`quay.io/team/app:1@sha256:${'a1'.repeat(32)}`)).toEqual([
      'quay.io/',
      'team/',
      'app:1',
      '@sha256:a1a1a1a1a1a1…',
    ])
  })
})
