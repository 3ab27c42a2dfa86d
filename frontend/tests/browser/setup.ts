import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { request } from '@playwright/test'

import { startInstance, stateOf, type Instance, type Person } from './instance'

/** Have an instance, and everyone's session in a file. Returns what stops the instance, if it was started here. */
export default async function setup(): Promise<() => Promise<void>> {
  const instance = given() ?? (await startInstance())
  const people = mkdtempSync(join(tmpdir(), 'ips-people-'))
  process.env.IPS_BROWSER_URL = instance.url
  process.env.IPS_BROWSER_PEOPLE = people
  const finish = async () => {
    rmSync(people, { recursive: true, force: true })
    await instance.stop()
  }
  try {
    for (const person of ['admin', 'olga', 'vera'] as const) await signIn(instance, person)
  } catch (problem) {
    await finish()
    throw problem
  }
  return finish
}

function given(): Instance | null {
  const { IPS_URL: url, IPS_PASSWORD: password } = process.env
  if (!url || !password) return null
  const passwords = { admin: password, olga: process.env.IPS_OPERATOR_PASSWORD, vera: process.env.IPS_VIEWER_PASSWORD }
  return { url, passwords, stop: () => Promise.resolve() }
}

/** Where there is no operator, the administrator does an operator's work. */
async function signIn(instance: Instance, person: Person): Promise<void> {
  const username = instance.passwords[person] ? person : 'admin'
  const browser = await request.newContext({ baseURL: instance.url })
  const data = { username, password: instance.passwords[username], cookie: true }
  const answer = await browser.post('/api/v1/auth/login/', { data })
  if (!answer.ok()) throw new Error(`${username} cannot sign in: ${answer.status()} ${await answer.text()}`)
  await browser.storageState({ path: stateOf(person) })
  if (username === person) process.env[`IPS_BROWSER_PASSWORD_${person}`] = data.password
  await browser.dispose()
}
