import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

import { expect, firstRow, startTask, status, test } from './people'

const pages = {
  '/tasks': 'olga',
  '/tasks/new': 'olga',
  '/nodes': 'olga',
  '/settings': 'admin',
  '/api-keys': 'admin',
  '/account': 'olga',
  '/users': 'admin',
  '/tenants': 'admin',
  '/audit': 'admin',
  '/library': 'olga',
  '/webhooks': 'admin',
  '/deliveries': 'admin',
  '/schedules': 'olga',
  '/schedules/new': 'olga',
  '/registry-hooks': 'admin',
  '/policies': 'olga',
  '/policies/new': 'olga',
  '/images': 'olga',
  '/coverage': 'olga',
  '/no/such/page': 'olga',
} as const

async function settle(page: Page): Promise<void> {
  await expect(page.getByRole('heading').first()).toBeVisible()
  await expect(page.getByRole('status').filter({ hasText: /^Loading/ })).toHaveCount(0)
}

for (const [path, person] of Object.entries(pages)) {
  test.describe(path, () => {
    test.use({ person })

    for (const colorScheme of ['light', 'dark'] as const) {
      test(`can be used without eyes, and read by those with weak ones (${colorScheme})`, async ({ page }) => {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.goto(path)
        await settle(page)

        expect(await violations(page)).toEqual([])
      })
    }

    test('fits a phone', async ({ page }) => {
      await page.setViewportSize({ width: 390, height: 844 })
      await page.goto(path)
      await settle(page)

      expect(await overflow(page)).toBeLessThanOrEqual(0)
    })
  })
}

test('a task’s page fits a phone, can be used without eyes, and with the keyboard alone', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await startTask(page, 'missing/small:1')
  await expect(status(page)).toContainText('Failed', { timeout: 60_000 })
  expect(await violations(page)).toEqual([])

  await page.setViewportSize({ width: 390, height: 844 })
  const row = firstRow(page)
  await expect(row).toContainText('Image not found')
  expect(await overflow(page)).toBeLessThanOrEqual(0)
  await row.focus()
  await page.keyboard.press('Enter')

  await expect(page.getByRole('dialog')).toContainText('missing/small:1')
  expect(await violations(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
})

test.describe('a link to a task that is not there', () => {
  test.use({ provokes: [404] })

  test('says so', async ({ page }) => {
    await page.goto('/tasks/00000000-0000-4000-8000-00000000dead')

    await expect(page.getByRole('heading', { name: 'This task was not found' })).toBeVisible()
  })
})

test('the theme that someone chooses stays', async ({ page }) => {
  await page.goto('/tasks')
  await page.getByRole('button', { name: /^Theme/ }).click()
  await page.getByRole('menuitem', { name: 'Dark' }).click()
  await expect(page.locator('html')).toHaveClass(/dark/)

  await page.reload()

  await expect(page.locator('html')).toHaveClass(/dark/)
})

/** What axe finds against WCAG 2.2 AA, in a line each. */
async function violations(page: Page): Promise<string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
  const found = await new AxeBuilder({ page }).withTags(tags).analyze()
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html} ${node.failureSummary ?? ''}`))
}

/** How many pixels of the page lie beyond the screen's right edge. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
}
