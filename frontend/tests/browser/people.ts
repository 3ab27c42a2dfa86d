/** What the browser tests share: pages that complain about themselves, and people at work. */
import { expect, test as base, type Page } from '@playwright/test'

import { stateOf, type Person } from './instance'

export { expect }

/** The browser's own line about an answer that is not a success; the test says which answers it expects. */
const ABOUT_AN_ANSWER = /^Failed to load resource: the server responded with a status of (\d+)/

/** The machine's network interfaces came or went meanwhile; pages are loaded again then, like any person would. */
const NETWORK_CHANGED = 'net::ERR_NETWORK_CHANGED'

interface Options {
  /** Who is signed in; `null` for nobody. */
  person: Person | null
  /** Status codes that this test provokes. */
  provokes: number[]
  watched: undefined
}

/** Every test fails when its page logs an error or a warning, throws, or breaks its content security policy. */
export const test = base.extend<Options>({
  person: ['olga', { option: true }],
  storageState: async ({ person }, use) => use(person ? stateOf(person) : undefined),
  baseURL: async ({}, use) => use(process.env.IPS_BROWSER_URL),
  provokes: [[], { option: true }],
  watched: [
    async ({ page, provokes }, use) => {
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        if (!['error', 'warning'].includes(message.type()) || message.text().includes(NETWORK_CHANGED)) return
        const status = Number(ABOUT_AN_ANSWER.exec(message.text())?.[1])
        if (!provokes.includes(status)) complaints.push(`${message.text()} ${message.location().url}`)
      })
      await use(undefined)
      expect(complaints).toEqual([])
    },
    { auto: true },
  ],
})

/** Of a browser in which nobody is signed in. */
export const nobody = { cookies: [], origins: [] }

export function hasPerson(person: Person): boolean {
  return process.env[`IPS_BROWSER_PASSWORD_${person}`] !== undefined
}

export async function signIn(page: Page, person: Person): Promise<void> {
  await signInAs(page, person, process.env[`IPS_BROWSER_PASSWORD_${person}`] ?? '')
}

export async function signInAs(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const A_TASK = /\/tasks\/[0-9a-f-]{36}/

/** Fill the form and start, in spite of images that are missing. Ends on the task's page. */
export async function startTask(page: Page, images: string, selector = ''): Promise<void> {
  await page.goto('/tasks/new')
  await page.getByLabel('Images', { exact: true }).fill(images)
  if (selector) await page.getByLabel('Label selector').fill(selector)
  else await page.getByText('All nodes', { exact: true }).click()
  await page.getByRole('button', { name: 'Start the task' }).click()
  const anyway = page.getByRole('button', { name: 'Start it anyway' })
  await Promise.race([page.waitForURL(A_TASK), anyway.waitFor()])
  if (await anyway.isVisible()) await anyway.click()
  await expect(page).toHaveURL(A_TASK)
}

/** The task's own chip, next to its title. */
export function status(page: Page) {
  return page.getByRole('heading', { level: 1 })
}

/** What opens the first of the node results. */
export function firstRow(page: Page) {
  return page.getByRole('table').getByRole('cell').getByRole('button').first()
}

/** How many nodes the legend counts for a status. */
export async function counted(page: Page, label: string): Promise<number> {
  const chip = page.getByRole('group', { name: 'Show only nodes that are' }).getByRole('button', { name: label })
  return Number((await chip.innerText()).replace(/[^0-9]/g, ''))
}
