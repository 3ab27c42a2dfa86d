/** The image library: lists of images that tasks can name. */
import type { ListFilter } from './accounts'
import { byId, etagOf, given } from './answer'
import { http } from './client'
import type { ImageList, ImageListChange, ImageListRequest, Page } from './types'

/** A list as it was read; `etag` says to the server which reading a change is based on. */
export interface ImageListAnswer {
  list: ImageList
  etag: string
}

export interface ImageListFilter extends ListFilter {
  tenant?: string
  tag?: string
}

export const library = {
  async imageLists(query: ImageListFilter, signal?: AbortSignal): Promise<Page<ImageList>> {
    return given(await http.GET('/api/v1/image-lists/', { params: { query }, signal }))
  },

  async imageList(id: string): Promise<ImageListAnswer> {
    const answer = await http.GET('/api/v1/image-lists/{id}/', byId(id))
    return { list: given(answer), etag: etagOf(answer) }
  },

  async makeImageList(body: ImageListRequest): Promise<ImageList> {
    return given(await http.POST('/api/v1/image-lists/', { body }))
  },

  /** Refused (412) when somebody else changed the list since `etag` was given. */
  async changeImageList(id: string, body: ImageListChange, etag: string): Promise<ImageList> {
    const params = { path: { id }, header: { 'If-Match': etag } }
    return given(await http.PATCH('/api/v1/image-lists/{id}/', { params, body }))
  },

  async deleteImageList(id: string): Promise<void> {
    await http.DELETE('/api/v1/image-lists/{id}/', byId(id))
  },
}
