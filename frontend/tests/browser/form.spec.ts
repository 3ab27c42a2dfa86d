import { expect, test } from './people'

test.use({ provokes: [422] })

test('an image that cannot be right is marked at its line', async ({ page }) => {
  await page.goto('/tasks/new')
  await page.getByLabel('Images', { exact: true }).fill('nginx:1.27\n\nNGINX:latest')
  await page.getByText('All nodes', { exact: true }).click()
  await page.getByRole('button', { name: 'Start the task' }).click()

  const errors = page.getByRole('alert').filter({ hasText: 'Line 3' })
  await expect(errors).toContainText('NGINX:latest')
  await expect(page.getByLabel('Images', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await expect(page).toHaveURL(/\/tasks\/new$/)
})

test('an empty selector is an error, not every node', async ({ page }) => {
  await page.goto('/tasks/new')
  await page.getByLabel('Images', { exact: true }).fill('nginx:1.27')
  await page.getByRole('button', { name: 'Start the task' }).click()

  await expect(page.getByRole('alert')).toContainText('does not mean every node')
  await expect(page.getByLabel('Label selector')).toBeFocused()
})

test('a selector that cannot be read is marked while it is typed', async ({ page }) => {
  await page.goto('/tasks/new')
  await page.getByLabel('Images', { exact: true }).fill('nginx:1.27')
  await page.getByLabel('Label selector').fill('pool in (gpu')

  await expect(page.getByLabel('Label selector')).toHaveAttribute('aria-invalid', 'true')
})

test('the preview follows what is typed', async ({ page }) => {
  await page.goto('/tasks/new')
  await page.getByLabel('Images', { exact: true }).fill('nginx:1.27')
  await page.getByLabel('Label selector').fill('kubernetes.io/os=linux')
  await expect(page.getByLabel('Preview')).toContainText(/1 image on [1-9]\d* of \d+ nodes/)

  await page.getByLabel('Label selector').fill('no-such-label=1')

  await expect(page.getByLabel('Preview')).toContainText(/1 image on 0 of \d+ nodes/)
})

test('an image that its registry does not have is told before anything starts', async ({ page }) => {
  await page.goto('/tasks/new')
  await page.getByLabel('Images', { exact: true }).fill('nginx:1.27\nmissing/shop:2.4.1')
  await page.getByText('All nodes', { exact: true }).click()

  await expect(page.getByLabel('Preview')).toContainText('1 of 2 images is missing')
  await expect(page.getByRole('status').filter({ hasText: 'Line 2' })).toContainText('missing/shop:2.4.1')

  await page.getByRole('button', { name: 'Start the task' }).click()
  await expect(page.getByRole('dialog')).toContainText('missing/shop:2.4.1')
  await page.getByRole('button', { name: 'Back to the form' }).click()

  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(page).toHaveURL(/\/tasks\/new$/)
})
