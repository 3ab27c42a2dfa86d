/** The image library: lists of images that tasks can name. */
import type { ListFilter } from './accounts'
import { asRead, byId, given, unlessChanged, type Read } from './answer'
import { http } from './client'
import type { ImageList, ImageListChange, ImageListLine, ImageListRequest, Page } from './types'

export interface ImageListFilter extends ListFilter {
  tenant?: string
  tag?: string
}

export const library = {
  async imageLists(query: ImageListFilter, signal?: AbortSignal): Promise<Page<ImageListLine>> {
    return given(await http.GET('/api/v1/image-lists/', { params: { query }, signal }))
  },

  async imageList(id: string): Promise<Read<ImageList>> {
    return asRead(await http.GET('/api/v1/image-lists/{id}/', byId(id)))
  },

  async makeImageList(body: ImageListRequest): Promise<ImageList> {
    return given(await http.POST('/api/v1/image-lists/', { body }))
  },

  async changeImageList(id: string, body: ImageListChange, etag: string): Promise<ImageList> {
    return given(await http.PATCH('/api/v1/image-lists/{id}/', { ...unlessChanged(id, etag), body }))
  },

  async deleteImageList(id: string): Promise<void> {
    await http.DELETE('/api/v1/image-lists/{id}/', byId(id))
  },
}
