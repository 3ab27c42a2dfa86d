/** An instance of IPS for the browser tests, with its people. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PYTHON = process.env.PYTHON ?? (existsSync(join(ROOT, '.venv/bin/python')) ? '.venv/bin/python' : 'python3')
const READY_WITHIN = 120_000

/** Those who sign in: an administrator, an operator of the team, and someone who may only look. */
export type Person = 'admin' | 'olga' | 'vera'

export interface Instance {
  url: string
  passwords: Partial<Record<Person, string>>
  stop: () => Promise<void>
}

/** Where a person's session is kept between tests, so that each signs in once. The run's setup names the directory. */
export function stateOf(person: Person): string {
  return join(process.env.IPS_BROWSER_PEOPLE ?? '', `${person}.json`)
}

/** Start an instance on a free port, in a directory of its own, and wait until it is ready. */
export async function startInstance(): Promise<Instance> {
  const directory = mkdtempSync(join(tmpdir(), 'ips-browser-'))
  const port = await freePort()
  const environment = { ...withoutOurs(process.env), PORT: String(port), IPS_VAR_DIR: directory }
  const child = spawn(PYTHON, ['-m', 'ips.supervisor'], { cwd: ROOT, env: environment, stdio: ['ignore', 'ignore', 'pipe'] })
  const said = { text: '' }
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.text += text))
  const stop = async () => {
    await end(child)
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const url = `http://127.0.0.1:${port}`
    await until(() => isReady(url, child, said))
    const password = /Password\s+(\S+)/.exec(said.text)?.[1]
    if (!password) throw new Error(`the instance did not say its password:\n${said.text}`)
    return { url, passwords: { admin: password, ...makePeople(directory) }, stop }
  } catch (problem) {
    await stop()
    throw problem
  }
}

/** Nobody can be added over the API yet: the instance's own Python does it, with the instance's own environment. */
function makePeople(directory: string): Partial<Record<Person, string>> {
  const lines = readFileSync(join(directory, 'instance.env'), 'utf8').split('\n')
  const named = lines.map((line) => /^(IPS_\w+)=(.*)$/.exec(line)?.slice(1)).filter((pair) => pair !== undefined)
  const password = `pass-${Math.random().toString(36).slice(2)}-word`
  const made = spawnSync(PYTHON, ['manage.py', 'shell', '-c', PEOPLE], {
    cwd: ROOT,
    env: { ...withoutOurs(process.env), ...Object.fromEntries(named), PEOPLES_PASSWORD: password },
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`the people could not be made:\n${made.stderr}`)
  return { olga: password, vera: password }
}

const PEOPLE = `
import os
from accounts.models import Membership, Tenant, User
tenant = Tenant.objects.get(slug="default")
for name, role in (("olga", "operator"), ("vera", "viewer")):
    user = User(username=name)
    user.set_password(os.environ["PEOPLES_PASSWORD"])
    user.save()
    Membership.objects.create(user=user, tenant=tenant, role=role)
`

async function isReady(url: string, child: ChildProcess, said: { text: string }): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`the instance ended:\n${said.text}`)
  const answer = await fetch(`${url}/readyz`).catch(() => null)
  return answer?.ok === true
}

/** SIGTERM, and SIGKILL when that is not heard; only ever to the process that was started here. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const impatient = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await ended
  clearTimeout(impatient)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`the instance was not ready within ${READY_WITHIN / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

/** The instance decides everything itself: no IPS_* of the caller's gets in. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('IPS_')))
}
