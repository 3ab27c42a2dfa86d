import type { Page } from '@playwright/test'

import { stateOf } from './instance'
import { expect, hasPerson, test } from './people'

test.describe('a platform administrator', () => {
  test.use({ person: 'admin' })

  test('pauses the intake, everyone is told why, and it opens again', async ({ page, browser, baseURL }) => {
    test.skip(!hasPerson('vera'), 'the instance that was named has no viewer (IPS_VIEWER_PASSWORD)')
    await openSettings(page)
    await choice(page).getByText('Paused', { exact: true }).click()
    await page.getByLabel('Reason', { exact: true }).fill('The registry moves until noon.')
    await save(page)
    try {
      await expect(intake(page)).toContainText('admin paused the intake')
      const hers = await browser.newPage({ storageState: stateOf('vera'), baseURL })
      await hers.goto('/nodes')
      await expect(intake(hers)).toContainText('The registry moves until noon.')

      await open(page)
      await expect(intake(page)).toBeHidden()
      await expect(intake(hers)).toBeHidden({ timeout: 60_000 })
      await hers.close()
    } finally {
      await open(page)
    }
    await expect(page.getByRole('region', { name: 'Last changes' })).toContainText('paused → open')
  })

  test.describe('who writes something that cannot be', () => {
    test.use({ provokes: [422] })

    test('is told at the field, in the API’s words, and nothing is saved', async ({ page }) => {
      await openSettings(page)
      await page.getByRole('button', { name: 'Add a host' }).click()
      await page.getByLabel('Registry host 1', { exact: true }).fill('https://quay.io')
      await page.getByLabel('Cap of registry host 1').fill('5')
      await page.getByRole('button', { name: 'Add a window', exact: true }).click()
      await page.getByLabel('End of window 1').fill('25:00')
      await page.getByRole('button', { name: 'Save' }).click()

      await expect(page.getByRole('listitem').filter({ hasText: 'hours and minutes' })).toBeVisible()
      await expect(page.getByLabel('Registry host 1', { exact: true })).toHaveAttribute('aria-invalid', 'true')
      await page.getByRole('link', { name: 'Tasks', exact: true }).click()
      await page.getByRole('button', { name: 'Leave', exact: true }).click()
      await expect(page).toHaveURL(/\/tasks$/)
      await openSettings(page)
      await expect(page.getByLabel('Registry host 1', { exact: true })).toHaveCount(0)
    })
  })
})

test.describe('anybody else', () => {
  test.use({ provokes: [403] })

  test('has no such entry in the menu, and is told whose the settings are', async ({ page }) => {
    test.skip(!hasPerson('olga'), 'the instance that was named has no operator (IPS_OPERATOR_PASSWORD)')
    await page.goto('/settings')

    await expect(page.getByRole('alert')).toContainText('Only a platform administrator may do this.')
    await expect(page.getByRole('navigation').getByRole('link', { name: 'Settings' })).toHaveCount(0)
  })
})

async function openSettings(page: Page): Promise<void> {
  await page.goto('/settings')
  await expect(page.getByLabel('In the whole cluster')).toBeVisible()
}

async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
}

/** Whatever happened before: from a fresh page, and only if it is not open already. */
async function open(page: Page): Promise<void> {
  await openSettings(page)
  if (await choice(page).getByRole('radio', { name: 'Open' }).isChecked()) return
  await choice(page).getByText('Open', { exact: true }).click()
  await save(page)
}

function choice(page: Page) {
  return page.getByRole('radiogroup', { name: 'Intake' })
}

function intake(page: Page) {
  return page.getByRole('complementary', { name: 'Intake' })
}
