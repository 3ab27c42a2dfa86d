import { describe, expect, it } from 'vitest'

import { roleText } from '@/shell/roles'
import { useSession } from '@/stores/session'

import { useFakeApi } from '../page'
import { person, platformAdmin } from '../rows'

const held = useFakeApi()

describe('a session', () => {
  it('of nobody is no error', async () => {
    held.api.me = null
    const session = useSession()

    await session.load()

    expect(session.me).toBeNull()
    expect(session.known).toBe(true)
  })

  it.each([
    ['admin', true],
    ['operator', true],
    ['viewer', false],
  ] as const)('of a %s allows to create tasks: %s', async (role, allowed) => {
    held.api.me = person('someone', role)
    const session = useSession()

    await session.load()

    expect(session.mayCreate).toBe(allowed)
    expect(session.mayOperate('default')).toBe(allowed)
  })

  it('allows nothing in a team that one is not in', async () => {
    const session = useSession()

    await session.load()

    expect(session.mayOperate('other')).toBe(false)
  })

  it('of a platform administrator allows everything', async () => {
    held.api.me = platformAdmin()
    const session = useSession()

    await session.load()

    expect(session.mayOperate('other')).toBe(true)
  })

  it('ends on both sides when someone signs out', async () => {
    const session = useSession()
    await session.load()

    await session.signOut()

    expect(session.me).toBeNull()
    expect(held.api.me).toBeNull()
  })
})

describe('a role in words', () => {
  it('does not mention the team to those who have one only', () => {
    expect(roleText(person('olga', 'operator'))).toBe('Operator')
  })
})
