/** Where registries tell what was pushed, and what followed. */
import type { ListFilter } from './accounts'
import { asRead, byId, given, unlessChanged, type Read } from './answer'
import { http } from './client'
import type {
  Arrival,
  ArrivalOutcome,
  LongPage,
  Page,
  RegistryHook,
  RegistryHookChange,
  RegistryHookMade,
  RegistryHookRequest,
  Rotation,
  Tried,
} from './types'

export const registryHooks = {
  async hooks(query: ListFilter, signal?: AbortSignal): Promise<Page<RegistryHook>> {
    return given(await http.GET('/api/v1/registry-hooks/', { params: { query }, signal }))
  },

  async hook(id: string, signal?: AbortSignal): Promise<Read<RegistryHook>> {
    return asRead(await http.GET('/api/v1/registry-hooks/{id}/', { ...byId(id), signal }))
  },

  /** The answer alone has its address and its secret. */
  async makeHook(body: RegistryHookRequest): Promise<RegistryHookMade> {
    return given(await http.POST('/api/v1/registry-hooks/', { body }))
  },

  /** `rules` replaces all of them. */
  async changeHook(id: string, body: RegistryHookChange, etag: string): Promise<RegistryHook> {
    return given(await http.PATCH('/api/v1/registry-hooks/{id}/', { ...unlessChanged(id, etag), body }))
  },

  async deleteHook(id: string): Promise<void> {
    await http.DELETE('/api/v1/registry-hooks/{id}/', byId(id))
  },

  /** New credentials, which this answer alone has; for so many hours the old ones go on. */
  async rotateHook(id: string, body: Rotation): Promise<RegistryHookMade> {
    return given(await http.POST('/api/v1/registry-hooks/{id}/rotate/', { ...byId(id), body }))
  },

  /** What would be made of a body as the registry sends it; without one, of an example. */
  async tryHook(id: string, payload: unknown): Promise<Tried> {
    const body = payload === undefined ? {} : { payload }
    return given(await http.POST('/api/v1/registry-hooks/{id}/try/', { ...byId(id), body }))
  },

  /** Newest first; `cursor` is of an earlier answer. */
  async arrivals(
    id: string,
    query: { outcome?: ArrivalOutcome[]; cursor?: string },
    signal?: AbortSignal,
  ): Promise<LongPage<Arrival>> {
    const params = { path: { id }, query }
    return given(await http.GET('/api/v1/registry-hooks/{id}/arrivals/', { params, signal }))
  },
}
