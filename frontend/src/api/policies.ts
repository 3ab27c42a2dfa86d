/** Policies: images that stay warm on nodes as these come, go and lose them. */
import type { ListFilter } from './accounts'
import { asRead, byId, given, unlessChanged, type Read } from './answer'
import { http } from './client'
import type {
  MissingNode,
  Page,
  Policy,
  PolicyChange,
  PolicyPreview,
  PolicyPreviewRequest,
  PolicyRequest,
  PolicyState,
  WorkloadsAnswer,
} from './types'

export const policies = {
  async policies(query: ListFilter & { state?: PolicyState[] }, signal?: AbortSignal): Promise<Page<Policy>> {
    return given(await http.GET('/api/v1/policies/', { params: { query }, signal }))
  },

  async policy(id: string, signal?: AbortSignal): Promise<Read<Policy>> {
    return asRead(await http.GET('/api/v1/policies/{id}/', { ...byId(id), signal }))
  },

  async makePolicy(body: PolicyRequest): Promise<Policy> {
    return given(await http.POST('/api/v1/policies/', { body }))
  },

  async changePolicy(id: string, body: PolicyChange, etag: string): Promise<Policy> {
    return given(await http.PATCH('/api/v1/policies/{id}/', { ...unlessChanged(id, etag), body }))
  },

  async deletePolicy(id: string): Promise<void> {
    await http.DELETE('/api/v1/policies/{id}/', byId(id))
  },

  /** What it would cover, as things are now. Nothing is kept. */
  async previewPolicy(body: PolicyPreviewRequest, signal?: AbortSignal): Promise<PolicyPreview> {
    return given(await http.POST('/api/v1/policies/preview/', { body, signal }))
  },

  async pausePolicy(id: string): Promise<Policy> {
    return given(await http.POST('/api/v1/policies/{id}/pause/', byId(id)))
  },

  async resumePolicy(id: string): Promise<Policy> {
    return given(await http.POST('/api/v1/policies/{id}/resume/', byId(id)))
  },

  /** Look at its nodes within seconds. */
  async checkPolicy(id: string): Promise<Policy> {
    return given(await http.POST('/api/v1/policies/{id}/check/', byId(id)))
  },

  /** The nodes that are not covered, and what is missing there. */
  async policyMissing(id: string, query: ListFilter, signal?: AbortSignal): Promise<Page<MissingNode>> {
    const params = { path: { id }, query }
    return given(await http.GET('/api/v1/policies/{id}/missing/', { params, signal }))
  },

  /** The workloads that it follows, as they were last read. */
  async policyWorkloads(id: string, signal?: AbortSignal): Promise<WorkloadsAnswer> {
    return given(await http.GET('/api/v1/policies/{id}/workloads/', { ...byId(id), signal }))
  },
}
