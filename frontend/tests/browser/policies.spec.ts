import { expect, test } from './people'

test.use({ person: 'olga', provokes: [422] })

test('a policy is made, shows what it covers, and is paused', async ({ page }) => {
  await page.goto('/policies/new')
  await page.getByLabel('Name', { exact: true }).fill('kept warm')
  await page.getByLabel('Images', { exact: true }).fill('nginx:1.27')
  await page.getByText('All nodes', { exact: true }).click()
  await expect(page.getByLabel('Preview')).toContainText(/On\s+\d+ nodes/)
  await page.getByRole('button', { name: 'Make the policy' }).click()

  await expect(page.getByRole('heading', { name: 'kept warm' })).toBeVisible()
  await expect(page.getByLabel('Coverage')).toContainText(/\d+ (warm|missing|unknown)/)
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  await page.getByRole('link', { name: '‹ Policies' }).click()

  await expect(page.getByRole('row').filter({ hasText: 'kept warm' })).toContainText('Paused')
})
