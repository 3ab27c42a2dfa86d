/** The part of the fake API that knows which images are where. */
import type { BadgeRequest, Coverage, ImageOfNode, ImageSpread, NodeOfImage } from '../src/api/types'
import { json, page, problem } from './answers'
import { found, wrong, type Asked } from './fakeRows'

export class FakeInventory {
  images: ImageSpread[] = []
  nodesOf: Record<string, NodeOfImage[]> = {}
  imagesOf: Record<string, ImageOfNode[]> = {}
  share = { ready: 3, missing: 0, unknown: 0 }

  /** The answer, or `null` for paths that are about something else. */
  answer(thing: string, { id, move, body, url }: Asked): Response | null {
    if (thing === 'images' && !id) return json(200, page(found(this.images, url), url))
    if (thing === 'images') return json(200, page(this.withPresence(url), url))
    if (thing === 'nodes' && move === 'images') {
      const rows = this.imagesOf[id]
      return rows ? json(200, page(found(rows, url), url)) : problem(404, 'not_found', 'Not found.')
    }
    if (thing === 'coverage' && id === 'badge') return this.badge(body as BadgeRequest)
    if (thing === 'coverage') return this.coverage(url)
    return null
  }

  private withPresence(url: URL): NodeOfImage[] {
    const presences = url.searchParams.getAll('presence')
    const rows = this.nodesOf[url.searchParams.get('image') ?? ''] ?? []
    return rows.filter(({ presence }) => !presences.length || presences.includes(presence))
  }

  private coverage(url: URL): Response {
    const images = url.searchParams.getAll('image')
    if (images.some((image) => image !== image.toLowerCase())) return wrong('image', 'Image names are lower case.')
    const nodes = this.share.ready + this.share.missing + this.share.unknown
    const share = { ...this.share, percent: nodes ? Math.floor((1000 * this.share.ready) / nodes) / 10 : 0 }
    const lacks = { node: 'node-9', why: 'not_listed', text: 'the node does not have it', as_of: null } as const
    const answer: Coverage = {
      ...share,
      selector: url.searchParams.get('selector') ?? '',
      nodes,
      fresh: true,
      as_of: '2026-11-24T08:00:00Z',
      images: images.map((image) => ({
        ...share,
        ...{ image, name: `docker.io/library/${image}`, kind: 'tag' },
        missing_nodes: share.missing ? [lacks] : [],
        unknown_nodes: [],
      })),
    }
    return json(200, answer)
  }

  private badge({ images }: BadgeRequest): Response {
    const url = `/api/v1/coverage/badge/?image=${images.join()}&sig=s`
    return json(201, { url, markdown: `![images warm](${url})` })
  }
}
