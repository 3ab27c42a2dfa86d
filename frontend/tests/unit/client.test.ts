import { describe, expect, it, vi } from 'vitest'

import { api } from '@/api'
import { whenSignedOut } from '@/api/client'
import { ApiError, ConnectionError } from '@/api/problem'

import { problem } from '../fakeApi'
import { useFakeApi } from '../page'

const held = useFakeApi()

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it was allowed')),
    (error: unknown) => error as ApiError,
  )

describe('the client', () => {
  it('proves with the cookie’s CSRF token that a write is meant', async () => {
    await api.createTask({ images: ['nginx'], all_nodes: true })

    expect(held.api.lastRequest?.headers.get('X-CSRFToken')).toBe('c5rf')
  })

  it('never sends or keeps a token of its own', async () => {
    await api.signIn('olga', 'right')

    expect(held.api.lastRequest?.headers.get('Authorization')).toBeNull()
    const stored = [localStorage, sessionStorage].flatMap((store) => Object.entries(store))
    expect(JSON.stringify(stored)).not.toMatch(/token|right|eyJ/)
  })

  it('reads a problem with the field that it points at', async () => {
    const error = await refusal(api.createTask({ images: ['nginx', 'BAD'], all_nodes: true }))

    expect(error).toBeInstanceOf(ApiError)
    expect(error.status).toBe(422)
    expect(error.at('images')).toEqual([
      { path: ['images', '1'], code: 'invalid_reference', detail: 'Image names are lower case.' },
    ])
  })

  it('takes pointers with a leading slash as well', async () => {
    const errors = [{ pointer: '/images/0', code: 'x', detail: 'no' }]
    held.api.answers.push(problem(422, 'invalid', 'No.', { errors }))

    const error = await refusal(api.createTask({ images: ['nginx'] }))

    expect(error.fields[0]?.path).toEqual(['images', '0'])
  })

  it('survives an answer that is no problem+json', async () => {
    held.api.answers.push(new Response('<h1>Bad Gateway</h1>', { status: 502, statusText: 'Bad Gateway' }))

    const error = await refusal(api.me())

    expect(error.message).toBe('The server answered 502 Bad Gateway')
    expect(error.code).toBe('http_502')
  })

  it('says that there was no answer', async () => {
    held.api.away = true

    expect(await refusal(api.me())).toBeInstanceOf(ConnectionError)
  })

  it('tells when the session has ended, but not when a password was wrong', async () => {
    const signedOut = vi.fn()
    whenSignedOut(signedOut)

    await refusal(api.signIn('olga', 'wrong'))
    expect(signedOut).not.toHaveBeenCalled()
    held.api.me = null
    await refusal(api.tasks({}))

    expect(signedOut).toHaveBeenCalledOnce()
  })

  it('asks for several statuses by repeating the word', async () => {
    await api.tasks({ status: ['failed', 'partial'], page: 2 })

    expect(held.api.asked.at(-1)).toBe('GET /api/v1/tasks/?ordering=-created_at&status=failed&status=partial&page=2')
  })
})
