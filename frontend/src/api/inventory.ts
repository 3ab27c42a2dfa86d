/** Which images are on which nodes, and whether something may be rolled out. */
import type { ListFilter } from './accounts'
import { given } from './answer'
import { http } from './client'
import type {
  BadgeLink,
  BadgeRequest,
  Coverage,
  ImageKind,
  ImageOfNode,
  ImageSpread,
  NodeOfImage,
  Page,
  Presence,
} from './types'

export const inventory = {
  /** Every name by itself, and on how many nodes it is. */
  async inventory(query: ListFilter & { kind?: ImageKind }, signal?: AbortSignal): Promise<Page<ImageSpread>> {
    return given(await http.GET('/api/v1/images/', { params: { query }, signal }))
  },

  /** Where one image is, under this very name. */
  async nodesOf(
    query: Omit<ListFilter, 'search'> & { image: string; presence?: Presence[] },
    signal?: AbortSignal,
  ): Promise<Page<NodeOfImage>> {
    return given(await http.GET('/api/v1/images/nodes/', { params: { query }, signal }))
  },

  /** The images of one node. */
  async imagesOf(name: string, query: ListFilter, signal?: AbortSignal): Promise<Page<ImageOfNode>> {
    const params = { path: { name }, query }
    return given(await http.GET('/api/v1/nodes/{name}/images/', { params, signal }))
  },

  async coverage(
    query: { image: string[]; selector?: string; tenant?: string },
    signal?: AbortSignal,
  ): Promise<Coverage> {
    return given(await http.GET('/api/v1/coverage/', { params: { query }, signal }))
  },

  /** The address of a picture that anybody may see. */
  async makeBadge(body: BadgeRequest): Promise<BadgeLink> {
    return given(await http.POST('/api/v1/coverage/badge/', { body }))
  },
}
